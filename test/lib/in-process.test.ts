import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { redact } from '../../lib/base/redact.ts'
import { onMachine } from '../scripts/scripts.ts'

const calling = suite('a command that a test calls in its own process')

/** Without those of pipes: Node carries the output of its loader's threads here, from when they print. */
const ours = (stream: NodeJS.WriteStream) =>
  stream.rawListeners('error').filter(({ name }) => name !== 'onerror').length

const state = () => ({
  variables: { ...process.env },
  directory: process.cwd(),
  exitCode: process.exitCode,
  terminals: [process.stdin, process.stdout, process.stderr].map(stream => Object.hasOwn(stream, 'isTTY')),
  signals: ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map(name => process.listenerCount(name)),
  output: [process.stdout, process.stderr].map(stream => [ours(stream), stream.write]),
  redacted: redact('JWT_SECRET=9b04d5e1c87a36f29b14d6e0c97a26f3'),
})

calling('leaves nothing behind, whether it is refused, does its work, or fails', () =>
  onMachine(async ({ run, directory }) => {
    const before = state()
    mkdirSync(join(directory, 'staging'))
    const secrets = 'JWT_SECRET=9b04d5e1c87a36f29b14d6e0c97a26f3\n'
    writeFileSync(join(directory, 'staging', '.env.staging'), secrets, { mode: 0o600 })
    for (const [script, words, code] of [
      ['status', ['histories'], 2],
      ['rollback', ['--list'], 0],
      ['secrets', ['check'], 1],
    ] as const) {
      const said = await run(script, words, { cwd: join(directory, 'staging'), env: { LEFT: 'behind' } })
      assert.is(said.code, code, said.stderr)
      assert.equal(state(), before)
    }
  }),
)

calling.run()
