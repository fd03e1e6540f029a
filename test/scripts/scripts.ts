import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, ended, inTemporary, toolkit } from '../lib/fixtures.ts'
import { called, type Surroundings } from '../lib/in-process.ts'

export const scriptFile = (name: string): string => join(toolkit, 'scripts', `${name}.ts`)

/** What each of these runs of a script ends with, one after another. */
export async function eachOf<T>(all: readonly T[], run: (one: T) => Promise<Ended>): Promise<Ended[]> {
  const answers: Ended[] = []
  for (const one of all) answers.push(await run(one))
  return answers
}

/** A machine for one test: its environments are below `directory`, where nothing is until the test makes it. */
export interface Machine {
  readonly directory: string
  /** Calls a script's command, by its name, in the test's own process. */
  readonly run: (script: string, args: readonly string[], options?: Surroundings) => Promise<Ended>
  /** Runs a program as a real process, as a person does. */
  readonly start: (program: string, args: readonly string[], options?: Surroundings) => Promise<Ended>
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
    const moved = ({ env, ...options }: Surroundings = {}) => ({
      ...options,
      env: { GITHUB_ACTIONS: '', TRACEHUB_OVERRIDE: override, ...env },
    })
    return act({
      directory: join(directory, 'home'),
      run: (script, args, options) => called(script, args, moved(options)),
      start: (program, args, options) => ended(program, args, moved(options)),
    })
  })
}
