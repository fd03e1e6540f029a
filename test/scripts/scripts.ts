import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, ended, inTemporary, toolkit } from '../lib/fixtures.ts'

export const scriptFile = (name: string): string => join(toolkit, 'scripts', `${name}.ts`)

/** A machine for one test: its environments are below `directory`, where nothing is until the test makes it. */
export interface Machine {
  readonly directory: string
  /** Runs a script as a real process, as a person does. */
  readonly run: (
    script: string,
    args: readonly string[],
    options?: { cwd?: string; env?: Readonly<Record<string, string>> },
  ) => Promise<Ended>
}

/** No test of a script may ever reach the real environments: all are moved elsewhere. */
export function onMachine<T>(act: (machine: Machine) => Promise<T>): Promise<T> {
  return inTemporary(directory => {
    const override = join(directory, 'override.mjs')
    mkdirSync(join(directory, 'home'))
    const home = JSON.stringify(`${join(directory, 'home')}/`)
    writeFileSync(
      override,
      `export default e => ({ ...e, directory: ${home} + e.name, project: 'unit-' + e.name })`,
    )
    return act({
      directory: join(directory, 'home'),
      run: (script, args, options = {}) =>
        ended(script, args, {
          ...options,
          env: { GITHUB_ACTIONS: '', TRACEHUB_OVERRIDE: override, ...options.env },
        }),
    })
  })
}
