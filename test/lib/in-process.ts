import { join } from 'node:path'
import { forgetSecrets } from '../../lib/base/redact.ts'
import { observeCommands } from '../../lib/base/shell.ts'
import { main } from '../../lib/cli/main.ts'
import { captured, type Ended, toolkit, withVariables } from './fixtures.ts'

/** Where a command runs: what its process would have of its own, and this one has of it for a while. */
export interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Calls a script's command in this process as if it were one of its own, whose standard input is closed and whose output
 * goes into pipes. What it leaves in the process is put back: variables, directory, exit code, listeners, secrets.
 */
export async function called(
  script: string,
  args: readonly string[],
  { cwd = process.cwd(), env = {} }: Surroundings = {},
): Promise<Ended> {
  const { command } = await import(join(toolkit, 'scripts', `${script}.ts`))
  const before = process.cwd()
  const restore = [...[process.stdin, process.stdout, process.stderr].map(withoutTerminal), listenersOf()]
  process.chdir(cwd)
  try {
    return await withVariables(env, async () => {
      const { stdout, stderr, exitCode } = await captured(() => {
        process.exitCode = undefined
        return main(command, args)
      })
      return { code: Number(exitCode ?? 0), stdout, stderr }
    })
  } finally {
    process.chdir(before)
    for (const back of restore) back()
    observeCommands(() => {})
    forgetSecrets()
  }
}

/** On a terminal, a command would ask whoever runs the tests. */
function withoutTerminal(stream: object): () => void {
  const before = Object.getOwnPropertyDescriptor(stream, 'isTTY')
  Object.defineProperty(stream, 'isTTY', { value: undefined, configurable: true })
  return () =>
    before ? Object.defineProperty(stream, 'isTTY', before) : Reflect.deleteProperty(stream, 'isTTY')
}

/** Those of signals and of failing output, as they are now; pipes into our output are Node's own affair. */
function listenersOf(): () => void {
  const sources = [
    ...['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map(name => ({
      emitter: process as NodeJS.EventEmitter,
      name,
    })),
    ...[process.stdout, process.stderr].map(emitter => ({ emitter, name: 'error' })),
  ].map(source => ({ ...source, before: source.emitter.rawListeners(source.name) }))
  return () => {
    for (const { emitter, name, before } of sources)
      for (const listener of emitter.rawListeners(name))
        if (!before.includes(listener) && listener.name !== 'onerror')
          emitter.off(name, listener as () => void)
  }
}
