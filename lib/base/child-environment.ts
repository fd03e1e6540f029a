let mark: string | undefined
/** Marks every command from now on as this run's, by the variable TRACEHUB_RUN of its environment. */
export function setCommandMark(next: string): void {
  mark = next
}

const inherited =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_RUNTIME_DIR|SSH_AUTH_SOCK|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS\w*|BUILDKIT)|\w*_proxy|\w*_PROXY)$/

/** What of our environment a command sees. */
export function childEnvironment(): Record<string, string> {
  // Bash whose standard input is a socket, as Node's pipes are, takes itself for a remote login and runs ~/.bashrc,
  // which may swallow that input or never end: unless it is not the outermost shell.
  const environment: Record<string, string> = { SHLVL: '1' }
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && inherited.test(name)) environment[name] = value
  if (mark !== undefined) environment['TRACEHUB_RUN'] = mark
  return environment
}
