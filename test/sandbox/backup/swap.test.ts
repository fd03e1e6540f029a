import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { renameDatabases } from '../../../lib/backup/swap.ts'
import { attempt } from '../../../lib/shell.ts'
import { failureOf } from '../../lib/fixtures.ts'
import { databases, deployed, psql, site } from './place.ts'

/** The moment of a rollback in which one database takes another one's place. */
const staging = suite('databases that are renamed')

staging.before(() => deployed('v1'))
staging.before.each(async () => {
  for (const name of ['swap_a', 'swap_b', 'swap_c']) {
    await psql(`drop database if exists ${name} with (force)`, 'postgres')
    if (name !== 'swap_c') await psql(`create database ${name}`, 'postgres')
  }
})

const mayConnect = (name: string): Promise<string> =>
  psql(`select datallowconn from pg_database where datname = '${name}'`, 'postgres')

staging('all of them or none: the first keeps its name where the second’s new one is taken', async () => {
  const place = await site()
  const failure = await failureOf(() =>
    renameDatabases(place, [
      ['swap_a', 'swap_c'],
      ['swap_b', 'tracehub'],
    ]),
  )
  assert.is(failure.what, 'the databases could not be renamed')
  assert.match(`${failure.detail}`, 'already exists')
  assert.equal(await databases(), ['swap_a', 'swap_b', 'tracehub'])
  assert.equal(await Promise.all(['swap_a', 'swap_b'].map(mayConnect)), ['t', 't'])
})

/** Runs psql in the database's container until it is told to stop: an application that comes back at once. */
function visitor(database: string): { stop(): Promise<string> } {
  const loop = `while [ ! -e /tmp/enough ]; do psql -U tracehub -d ${database} -Xqc 'select pg_sleep(0.05)' 2>&1; done`
  const running = attempt([
    'docker',
    'exec',
    'tracehub-db-staging',
    'bash',
    '-c',
    `rm -f /tmp/enough; ${loop}`,
  ])
  return {
    stop: async () => {
      await attempt(['docker', 'exec', 'tracehub-db-staging', 'touch', '/tmp/enough'])
      return (await running).stdout
    },
  }
}

staging('somebody who comes back at once does not hold them up, and may come back afterwards', async () => {
  const place = await site()
  const visitors = Array.from({ length: 8 }, () => visitor('swap_a'))
  const isVisited = async (): Promise<boolean> =>
    (await psql("select count(*) from pg_stat_activity where datname = 'swap_a'", 'postgres')) !== '0'
  while (!(await isVisited())) await new Promise(resolve => setTimeout(resolve, 50))
  await renameDatabases(place, [
    ['swap_a', 'swap_c'],
    ['swap_b', 'swap_a'],
  ])
  const said = await Promise.all(visitors.map(one => one.stop()))
  assert.match(said.join(''), 'not currently accepting connections', 'they were refused meanwhile')
  assert.equal(await databases(), ['swap_a', 'swap_c', 'tracehub'])
  assert.equal(await Promise.all(['swap_a', 'swap_c'].map(mayConnect)), ['t', 't'])
})

staging.run()
