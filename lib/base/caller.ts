import type { WriteStream } from 'node:tty'

/**
 * The environment that we were called with. Only this file reads it, and Biome holds that (`noProcessEnv`);
 * docs/configuration.md has a table of what the toolkit reads.
 */
export type Variables = Readonly<Record<string, string>>

/** One variable. An empty one counts as missing: GitHub gives that for a secret or a variable that is not set. */
export const variable = (name: string): string | undefined => process.env[name] || undefined

/** All variables, or those whose names match, as they are: also the empty ones. */
export const variables = (names = /^/): Variables =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value = '']) => (names.test(name) ? [[name, value]] : [])),
  )

/** Whether a workflow's runner on GitHub calls us (GitHub Docs, "Default environment variables"). */
export const isGitHub = (): boolean => process.env['GITHUB_ACTIONS'] === 'true'

/** Whether lines that a stream has can be drawn again: it is a terminal, and no dumb one. */
export const redraws = (stream: WriteStream = process.stdout): boolean =>
  stream.isTTY === true && process.env['TERM'] !== 'dumb'

/** Whether a stream wants colours: on such a terminal alone, and not where NO_COLOR is set (no-color.org). */
export const wantsColour = (stream?: WriteStream): boolean => redraws(stream) && !process.env['NO_COLOR']

/** Whoever called us is elsewhere: their variables count as ours, and the one that told us so does not go on. */
export function callFrom(elsewhere: Variables, told: string): void {
  delete process.env[told]
  Object.assign(process.env, elsewhere)
}

let mark: string | undefined
/** Marks every command from now on as this run's, by the variable TRACEHUB_RUN of its environment. */
export function setCommandMark(next: string): void {
  mark = next
}

const inherited =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_RUNTIME_DIR|SSH_AUTH_SOCK|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS\w*|BUILDKIT)|\w*_proxy|\w*_PROXY)$/

/**
 * What of our environment a command sees. Bash whose standard input is a socket, as Node's pipes are, takes itself for a
 * remote login and runs ~/.bashrc, which may swallow that input or never end: unless SHLVL says that it is not the
 * outermost shell.
 */
export const childEnvironment = (): Variables => ({
  SHLVL: '1',
  ...variables(inherited),
  ...(mark && { TRACEHUB_RUN: mark }),
})
