import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { differences, type Found } from '../../../lib/backup/content.ts'
import { answerOf, deploy, runningServices, say, url } from '../harness.ts'
import {
  backup,
  content,
  databases,
  deployed,
  killAt,
  learn,
  leftovers,
  listed,
  type Moment,
  psql,
  rollBack,
} from './place.ts'

/**
 * SIGKILL at the start or in the middle of the steps that change something. Afterwards the live database is the one
 * from before or the restored one, never anything between; and the next run finds things in order, or puts them in
 * order and says so.
 */

const staging = suite('a backup or a rollback that is killed anywhere')
let before: Found

let written = 0
/** A row that is in no backup: it tells the database before a rollback from the one after it. */
const write = (): Promise<string> => {
  written += 1
  return psql(`insert into customers (name, email) values ('late', 'late-${written}@example.org')`)
}

staging.before(async () => {
  await deployed('v1')
  before = await content()
  assert.is((await backup('--verify', '--compress')).code, 0)
  learn()
  assert.is((await rollBack()).code, 0)
  learn()
})

async function isServed(): Promise<void> {
  assert.is((await answerOf(`${url('staging')}/health`))?.status, 200)
  assert.equal(await runningServices('staging').then(names => names.length), 4)
}

const ofBackup: readonly Moment[] = [
  ['Back up the database', 'middle'],
  ['Copy the uploads', 'start'],
  ['Verify it', 'middle'],
  ['Compress it', 'middle'],
]
for (const moment of ofBackup)
  staging(`a backup, killed at: ${moment.join(', ')}`, async () => {
    assert.ok(await killAt('backup', ['--verify', '--compress'], moment), 'it was over before')
    await isServed()
    assert.equal(differences(before, await content()), [])
    // Whatever looks like a backup is one.
    for (const one of listed()) if (one.manifest) assert.is(one.bytes, one.manifest.bytes, one.name)
    const next = await backup('--no-uploads')
    assert.is(next.code, 0, next.stdout + next.stderr)
    assert.match(next.stdout, /-backup did not come to its end/)
    assert.equal(await leftovers(), [])
  })

const ofRollback: readonly (readonly [...Moment, ...string[]])[] = [
  ['Stop the backend', 'middle'],
  ['Restore beside', 'middle'],
  ['Restore beside', 'middle', '--online'],
  ['Swap the databases', 'start'],
  ['Swap the databases', 'middle'],
  ['Start the backend', 'middle'],
]
for (const [i, [title, when, ...args]] of ofRollback.entries())
  staging(`a rollback, killed at: ${[title, when, ...args].join(', ')}`, async () => {
    await write()
    const late = await content()
    assert.ok(await killAt('rollback', ['-t', 'database', ...args], [title, when]), 'it was over before')
    // A deploy repairs as well as a backup does.
    const next = i % 3 === 2 ? await deploy('staging', 'v1') : await backup('--no-uploads')
    assert.is(next.code, 0, next.stdout + next.stderr)
    say(
      `${title}, ${when}: ${[...next.stdout.matchAll(/^ {4}(\S.*)$/gm)]
        .map(([, text]) => text)
        .slice(1)
        .join('; ')}`,
    )
    await isServed()
    const now = await content()
    const isOld = differences(late, now).length === 0
    assert.ok(isOld || differences(before, now).length === 0, differences(before, now).join())
    assert.equal(await leftovers(), [])
    assert.is((await databases()).filter(name => name.includes('_before_')).length > 0, true)
  })

staging('a rollback that fails, killed while it takes that back', async () => {
  await write()
  const late = await content()
  // The backup is restorable, and the version that is live does not work with it.
  await psql('alter table shipments rename to shipments_gone')
  assert.is((await backup('--no-uploads')).code, 0)
  const [broken] = listed()
  await psql('alter table shipments_gone rename to shipments')
  for (const title of ['Put the replaced database back', 'Let users reach']) {
    assert.ok(await killAt('rollback', ['-t', 'database', '-b', broken?.name ?? ''], [title, 'start']), title)
    const next = await backup('--no-uploads')
    assert.is(next.code, 0, next.stdout + next.stderr)
    assert.equal(differences(late, await content()), [], title)
    await isServed()
    assert.equal(await leftovers(), [])
  }
})

staging('and after all of it, everything works as before', async () => {
  const { code, stderr } = await rollBack()
  assert.is(code, 0, stderr)
  assert.equal(differences(before, await content()), [])
})

staging.run()
