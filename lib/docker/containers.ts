/** What the engine says of a container. */
export type Container = Readonly<ReturnType<typeof containerOf>>

interface Inspected {
  Id: string
  Name: string
  RestartCount: number
  Config: {
    Image: string
    Labels: Record<string, string> | null
    Healthcheck?: { Test?: string[] | null } | null
  }
  State: {
    Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
    ExitCode: number
    StartedAt: string
    OOMKilled: boolean
    Health?: {
      Status: 'starting' | 'healthy' | 'unhealthy' | 'none'
      Log?: { Output: string }[] | null
    } | null
  }
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> | null }
}

/** Reads the output of `docker inspect <id>…` (Docker Engine API, ContainerInspect). */
export const parseContainers = (json: string): Container[] =>
  (JSON.parse(json) as Inspected[]).map(containerOf)

function containerOf({ Id, Name, RestartCount, Config, State, NetworkSettings }: Inspected) {
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    service: Config.Labels?.['com.docker.compose.service'] ?? '',
    /** `repository@sha256:…` or whatever else compose was told to run. */
    image: Config.Image,
    status: State.Status,
    health: State.Health?.Status ?? 'none',
    restarts: RestartCount,
    /** Milliseconds since 1970. */
    startedAt: Date.parse(State.StartedAt),
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    /** Of every network that it is on. */
    addresses: Object.values(NetworkSettings.Networks ?? {})
      .map(network => network.IPAddress)
      .filter(address => address !== ''),
    /** What the last health check printed. */
    lastCheck: State.Health?.Log?.at(-1)?.Output.trim() ?? '',
    /** The words of its health check, to be run inside of it; empty where it has none. */
    healthCommand: healthCommand(Config.Healthcheck?.Test ?? []),
  }
}

/** `CMD` is followed by words, `CMD-SHELL` by a line for the shell, `NONE` by nothing (Dockerfile, HEALTHCHECK). */
function healthCommand([kind, ...words]: readonly string[]): string[] {
  if (kind === 'CMD') return words
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : []
}

/** Reads a list of `NAME=value` in JSON. */
export function parseVariables(json: string): Record<string, string> {
  const lines = ((JSON.parse(json) as string[] | null) ?? []).filter(line => line.includes('='))
  return Object.fromEntries(lines.map(line => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]))
}

export type Condition =
  | { readonly is: 'healthy' }
  | { readonly is: 'starting'; readonly why: string }
  /** It will not become healthy by waiting. */
  | { readonly is: 'failed'; readonly why: string }

/** Whether a container can serve: `healthy` is the engine's exact word, never a part of another one. */
export function conditionOf(container: Container): Condition {
  if (container.status === 'running' && container.health === 'healthy') return { is: 'healthy' }
  if (container.oomKilled) return { is: 'failed', why: 'was killed for using more memory than its limit' }
  if (container.restarts >= 2)
    return {
      is: 'failed',
      // While it runs once more, the engine's exit code is 0.
      why: `has crashed ${container.restarts + 1} times${container.status === 'running' ? '' : `, exit code ${container.exitCode}`}`,
    }
  if (container.status === 'exited' || container.status === 'dead')
    return { is: 'failed', why: `has stopped with exit code ${container.exitCode}` }
  if (container.status !== 'running') return { is: 'starting', why: `is ${container.status}` }
  if (container.health === 'none') return { is: 'healthy' }
  const check = container.lastCheck.split('\n').at(-1) ?? ''
  const said = check ? `; its last health check said: ${check}` : ''
  if (container.health === 'unhealthy') return { is: 'failed', why: `is unhealthy${said}` }
  return { is: 'starting', why: `is not healthy yet${said}` }
}
