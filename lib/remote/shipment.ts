import { UsageError } from '../base/failure.ts'
import type { Command, Options, Parsed } from '../base/options.ts'
import { destinationOf } from './destination.ts'

/** What is to run on the VPS instead of here. */
export type Shipment = Readonly<NonNullable<ReturnType<typeof shipmentOf>>>

/** What is to be shipped; undefined when the script runs on this machine. */
export function shipmentOf<O extends Options>(
  command: Command<O>,
  options: Parsed<O>,
  words: readonly string[],
) {
  const given: Readonly<Record<string, string | boolean | undefined>> = options
  const text = (name: string): string | undefined => {
    const value = given[name]
    return typeof value === 'string' ? value : undefined
  }
  const environment = text('environment')
  if (environment === undefined) {
    if (text('host') === undefined) return undefined // in the directory of an environment, or an error
    throw new UsageError('--host is given, and no environment', 'add -e <name>')
  }
  if (!/^[a-z][a-z0-9-]*$/.test(environment)) return undefined // an error, which the script words
  const named = destinationOf(environment, text('host'))
  if (!named) return undefined
  return {
    script: command.name,
    args: [...words, ...argumentsOf(given)],
    environment,
    named,
    /** It is given this very terminal, and ends with the connection. */
    interactive: command.interactive === true,
    /** The sources travel, too. */
    build: given['build'] === true,
    verbose: given['verbose'] === true,
  }
}

/** The options as one would type them, so that no value can be taken for an option. */
export function argumentsOf(options: Readonly<Record<string, string | boolean | undefined>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (name === 'host' || value === undefined || value === false) return []
    return [value === true ? `--${name}` : `--${name}=${value}`]
  })
}
