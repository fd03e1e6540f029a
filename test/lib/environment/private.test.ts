import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeDirectories } from '../../../lib/environment/directory.ts'
import { closeToOthers } from '../../../lib/environment/private.ts'
import { ended, environmentIn, evaluating, inTemporary } from '../fixtures.ts'

const mode = (...path: string[]): string => (statSync(join(...path)).mode & 0o7777).toString(8)

/** An environment's directory as people make it: open, and where others may come. */
function openDirectory(outside: string): string {
  const directory = join(outside, 'production')
  chmodSync(outside, 0o755)
  mkdirSync(join(directory, 'backups'), { recursive: true })
  mkdirSync(join(directory, 'logs'))
  makeDirectories(environmentIn(directory))
  writeFileSync(join(directory, 'uploads', 'contract.pdf'), 'x', { mode: 0o644 })
  for (const path of ['', 'backups', 'logs', 'uploads']) chmodSync(join(directory, path), 0o755)
  return directory
}

const asNobody = (...command: string[]) =>
  ended('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', '--', ...command])

const closing = suite("what belongs to an environment is not for the machine's other users")

closing('an open one is closed, and said so, once; what the containers mount keeps its mode', () =>
  inTemporary(outside => {
    const directory = openDirectory(outside)
    const open = ['', '/logs', '/backups'].map(
      path => `${directory}${path} was open to other users (mode 755), and is closed now`,
    )
    assert.equal(closeToOthers(directory), { closed: open, problems: [] })
    assert.equal(
      ['', 'logs', 'backups', 'uploads'].map(path => mode(directory, path)),
      ['700', '700', '700', '755'],
    )
    assert.equal(closeToOthers(directory), { closed: [], problems: [] })
  }),
)

closing('a group may share it through the bit that hands the group on: that bit stays', () =>
  inTemporary(outside => {
    chmodSync(outside, 0o2775)
    closeToOthers(outside)
    assert.is(mode(outside), '2700')
  }),
)

closing('a link in the place of the directory is followed; one within it is left alone', () =>
  inTemporary(outside => {
    const directory = openDirectory(outside)
    mkdirSync(join(outside, 'elsewhere'), { mode: 0o755 })
    symlinkSync(directory, join(outside, 'link'))
    symlinkSync(join(outside, 'elsewhere'), join(directory, 'proxy', 'logs'))
    closeToOthers(join(outside, 'link'))
    assert.is(mode(directory), '700')
    closeToOthers(join(directory, 'proxy'))
    assert.is(mode(outside, 'elsewhere'), '755')
  }),
)

if (process.getuid?.() === 0) {
  closing('another user reads no upload and no list of backups afterwards', () =>
    inTemporary(async outside => {
      const directory = openDirectory(outside)
      const tries = [
        ['cat', join(directory, 'uploads', 'contract.pdf')],
        ['ls', join(directory, 'backups')],
      ]
      for (const command of tries) assert.is((await asNobody(...command)).code, 0)
      closeToOthers(directory)
      for (const command of tries) assert.match((await asNobody(...command)).stderr, 'Permission denied')
    }),
  )

  closing('one that is not ours to close: a word, and what to type', () =>
    inTemporary(async outside => {
      const directory = openDirectory(outside)
      const program = `
        import { closeToOthers } from 'lib/environment/private.ts'
        process.setgroups([]); process.setgid(65534); process.setuid(65534)
        console.log(JSON.stringify(closeToOthers(process.argv[1]).problems[0]))`
      const words = [...evaluating(program), directory]
      const { stdout, stderr } = await ended(process.execPath, words)
      assert.equal(
        JSON.parse(stdout || 'null'),
        {
          what: `${directory} is open to other users (mode 755), and it is not ours to close`,
          fix: `sudo chmod 700 ${directory}`,
        },
        stderr,
      )
    }),
  )
}

closing.run()
