import { readdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eachOf, onMachine, scriptFile } from './scripts.ts'

const script = suite('scripts/status')

const refused: [args: string[], message: string][] = [
  [['histories'], '"histories" is not known here; expected history\n'],
  [['history', 'history'], '"history" belongs to no option\n'],
  [['history', '-e', 'production', '--db'], 'history and --db exclude each other\n'],
  [['--db', '--watch'], '--db and --watch exclude each other\n'],
  [['--last', '3'], '--last is for the history alone\n'],
  [['history', '--last', '0'], '--last is "0"; expected a whole number such as 10\n'],
  [['history'], 'no environment is given, and this is not the directory of one\n'],
]
script('what is refused, and why', () =>
  onMachine(async ({ run }) => {
    const ended = await eachOf(refused, ([args]) => run('status', args))
    for (const [i, [args, message]] of refused.entries()) {
      assert.equal([ended[i]?.code, ended[i]?.stdout], [2, ''], args.join(' '))
      assert.ok(ended[i]?.stderr.startsWith(message), `${args.join(' ')}: ${ended[i]?.stderr}`)
    }
  }),
)

script('on a machine with no environment: both are named, each with what to do', () =>
  onMachine(async ({ run, directory }) => {
    const { code, stdout, stderr } = await run('status', [])
    assert.equal([code, stderr], [1, ''])
    for (const name of ['production', 'staging']) {
      assert.match(stdout, new RegExp(`^✗ ${name}: \\d problems?$`, 'm'))
      assert.match(
        stdout,
        `${directory}/${name}, the directory of ${name}, is not on this machine\n  → mkdir -p `,
      )
    }
    assert.is((await run('status', ['history', '-e', 'staging'])).stdout, 'no releases yet\n')
  }),
)

script('its help fits into 110 columns, as that of all scripts', () =>
  onMachine(async ({ run }) => {
    const names = readdirSync('scripts').map(file => file.replace(/\.ts$/, ''))
    const helps = await eachOf(names, name => run(name, ['--help']))
    const wide = helps.flatMap(({ stdout }) => stdout.split('\n')).filter(line => line.length > 110)
    assert.equal(wide, [])
  }),
)

script(
  'what it prints can be cut off, or have no room: no stack, and not a word where it was read enough of',
  () =>
    onMachine(async ({ start }) => {
      const inBash = (words: string) => start('/bin/bash', ['-c', `"$0" ${words}`, scriptFile('status')])
      const cut = await inBash('--help | true; echo "$PIPESTATUS" >&2')
      assert.match(cut.stderr, /^[01]\n$/)
      const full = await inBash('--help > /dev/full')
      assert.equal(
        [full.code, full.stderr],
        [1, 'the output cannot be written: ENOSPC: no space left on device, write\n'],
      )
    }),
)

script.run()
