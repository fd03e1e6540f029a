import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { renameDatabases } from '../../../lib/backup/swap.ts'
import { attempt } from '../../../lib/base/shell.ts'
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

const inContainer = (script: string): ReturnType<typeof attempt> =>
  attempt(['docker', 'exec', 'tracehub-db-staging', 'bash', '-c', script])

/** Runs psql in the database's container until it is told to stop: an application that comes back at once. */
function visitor(database: string): { stop(): Promise<string> } {
  const loop = `while [ ! -e /tmp/enough ]; do psql -U tracehub -d ${database} -Xqc 'select pg_sleep(0.05)' 2>&1; done`
  const running = inContainer(`rm -f /tmp/enough; ${loop}`)
  return {
    stop: async () => {
      await inContainer('touch /tmp/enough')
      return (await running).stdout
    },
  }
}

/** A connection whose process is stopped: it cannot be ended before it goes on. */
async function stuck(database: string): Promise<{ goOn(): Promise<void> }> {
  const name = `application_name = 'stuck' and datname = '${database}'`
  void inContainer(`PGAPPNAME=stuck psql -U tracehub -d ${database} -Xqc 'select pg_sleep(120)'`)
  let pid = ''
  while (pid === '') pid = await psql(`select pid from pg_stat_activity where ${name}`, 'postgres')
  assert.ok((await inContainer(`kill -STOP ${pid}`)).ok)
  return { goOn: async () => assert.ok((await inContainer(`kill -CONT ${pid}`)).ok) }
}

staging(
  'nobody comes in until they are renamed, however soon he comes back; everybody afterwards',
  async () => {
    const place = await site()
    const visitors = Array.from({ length: 4 }, () => visitor('swap_a'))
    const last = await stuck('swap_a')
    const renamed = renameDatabases(place, [
      ['swap_a', 'swap_c'],
      ['swap_b', 'swap_a'],
    ])
    renamed.catch(() => {}) // it is waited for below
    let refused = false
    try {
      for (let look = 0; look < 30 && !refused; look += 1)
        refused = (await inContainer('psql -U tracehub -d swap_a -Xqc "" 2>&1')).stdout.includes(
          'not currently accepting connections',
        )
      await last.goOn()
      await renamed
    } finally {
      await Promise.all(visitors.map(one => one.stop())) // they would come back for ever
    }
    assert.ok(refused)
    assert.equal(await databases(), ['swap_a', 'swap_c', 'tracehub'])
    assert.equal(await Promise.all(['swap_a', 'swap_c'].map(mayConnect)), ['t', 't'])
  },
)

staging.run()
