import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  makeDirectories,
  ownFiles,
  shipFiles,
  writeComposeState,
} from '../../../lib/environment/directory.ts'
import { foreignAmong, isComposeFile, readUnasked } from '../../../lib/environment/own-files.ts'
import { Run } from '../../../lib/run/run.ts'
import { setAside } from '../../../lib/run/set-aside.ts'
import { environmentIn, inTemporary } from '../fixtures.ts'

const own = suite('own-files: who wrote it')

own('everything that the toolkit writes is known for its own', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const lasting = { tag: 'x:1', image: `x@sha256:${'0'.repeat(64)}` }
    makeDirectories(environment)
    shipFiles(environment, { DB_PASSWORD: 'a', JWT_SECRET: 'b' })
    writeComposeState(environment, {
      live: null,
      images: { blue: undefined, green: undefined },
      database: lasting,
      proxy: lasting,
    })
    writeFileSync(join(directory, 'proxy', 'live.map'), 'live none\n')
    for (const name of ownFiles) assert.ok(existsSync(join(directory, name)), name)
    assert.equal(foreignAmong(directory, ownFiles), [])
  }),
)

own("others' files are known, an empty one is nobody's, and each is named once", () =>
  inTemporary(directory => {
    mkdirSync(join(directory, 'proxy'))
    for (const name of ownFiles) writeFileSync(join(directory, name), 'of somebody else\n')
    writeFileSync(join(directory, '.env.db'), '\n')
    const theirs = ownFiles.filter(name => name !== '.env.db')
    assert.equal(foreignAmong(directory, [...ownFiles, ...readUnasked]), theirs)
  }),
)

own('compose files by any name, and not what was kept of one', () => {
  for (const name of ['docker-compose.yml', 'docker-compose.prod.yml', 'compose.yaml', 'compose-old.yml'])
    assert.ok(isComposeFile(name), name)
  for (const name of ['docker-compose.yml.kept-20260103-143000', 'composer.yml', 'x.yml', '.env'])
    assert.not(isComposeFile(name), name)
})

own.run()

const aside = suite('set-aside: a file of others makes room')
const quiet = { write: () => {} }

/** Sets two files aside in a run that then fails or not. */
const after = (ending: () => void, options?: { stays: boolean }) =>
  inTemporary(async directory => {
    const [file, before] = [join(directory, '.env'), new Date('2026-01-03T14:30:00Z')]
    writeFileSync(file, 'A=b\n', { mode: 0o640 })
    utimesSync(file, before, before)
    const run = new Run(quiet)
    const ended = await run.attempt(async () => {
      setAside(run, { directory }, ['.env', 'compose.yml'], options)
      assert.not(existsSync(file))
      writeFileSync(file, '# Written by the toolkit\n')
      ending()
    })
    const names = readdirSync(directory).sort()
    const [kept = ''] = names.filter(name => name.startsWith('.env.kept-'))
    const found = join(directory, kept || '.env')
    assert.is(readFileSync(found, 'utf8'), 'A=b\n')
    assert.is(statSync(found).mode & 0o777, 0o640)
    assert.is(statSync(found).mtimeMs, before.getTime())
    return { names: names.length, ended: ended.outcome }
  })
const failing = (): never => {
  throw new Error('x')
}

aside('it stays beside ours under a dated name', async () =>
  assert.equal(await after(() => {}), { names: 2, ended: 'done' }),
)
aside('it is put back when the run fails', async () =>
  assert.equal(await after(failing), { names: 1, ended: 'rolled back' }),
)
aside('a repair is not undone', async () =>
  assert.equal(await after(failing, { stays: true }), { names: 2, ended: 'failed' }),
)

aside.run()
