import { redact } from './redact.ts'

/** A command as one would type it: no secrets, and container ids as short as `docker ps` shows them. */
export const commandText = (command: readonly string[]): string =>
  redact(command.map(quoted).join(' '))
    .replace(/(?<![\w:])([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1')
    .replace(/^(.{1000}).*$/s, '$1…')

/** A command of ours as one would type it: `npx tsx scripts/secrets.ts rotate all -e staging`. */
export const commandOf = (script: string, environment?: string, words?: string): string =>
  ['npx tsx', `scripts/${script}.ts`, words, environment && `-e ${environment}`].filter(Boolean).join(' ')

/** A word of a command as one would type it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
