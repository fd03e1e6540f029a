import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { readIfThere, writeAtomically } from '../../base/files.ts'
import type { Ground } from '../../deploy/strangers/look.ts'
import type { ChangedFile } from '../../environment/directory.ts'
import { formatEnvFile } from '../../environment/env-file.ts'
import { type Colour, colours, type Domain, type Edge } from '../../environment/environment.ts'
import { foreignAmong, readUnasked } from '../../environment/own-files.ts'

const shipped = join(import.meta.dirname, '..', '..', '..', 'environments', 'edge')
const shippedComposeFile = (): string => readFileSync(join(shipped, composeFile), 'utf8')

/** The edge's directory: `ssl` and `acme` are other programs' to fill, `edge` is ours. */
export function makeEdgeDirectories(edge: Edge): void {
  const make = (mode: number, ...path: string[]): void => {
    mkdirSync(join(edge.directory, ...path), { recursive: true, mode })
  }
  make(0o700, 'logs', 'runs')
  make(0o755, 'ssl')
  make(0o755, 'acme', '.well-known', 'acme-challenge')
  for (const name of [...colours, 'maintenance']) make(0o755, 'edge', name)
  make(0o700, 'edge', 'run')
  chmodSync(join(edge.directory, 'edge', 'run'), 0o700) // whoever reaches the sockets rules the edge
  if (readIfThere(maintenanceFile(edge)) === undefined) writeAtomically(maintenanceFile(edge), '')
}

/** The environments that are away on purpose, one a line. */
export const maintenanceFile = (edge: Edge): string =>
  join(edge.directory, 'edge', 'maintenance', 'sites.map')

export const socketOf = (edge: Edge, name: string): string =>
  join(edge.directory, 'edge', 'run', `${name}.sock`)

/** Where our own rules go in the configuration. */
const rulesMarker = '    # Rules of your own stand here.\n'

/** What one slot of the edge reads, by its name. A slot that serves keeps its files: the next one gets the new. */
export function edgeFiles(edge: Edge, domains: readonly Domain[]): Record<string, string> {
  const text = (name: string): string => readFileSync(join(shipped, name), 'utf8')
  const rules = edge.rules.map(rule => `    ${rule}\n`).join('')
  return {
    'haproxy.cfg': text('haproxy.cfg').replace(rulesMarker, () => rulesMarker + rules),
    'sites.cfg': domains.map(backendsOf).join('\n'),
    'sites.map': domains.map(({ domain, environment }) => `${domain} ${environment}\n`).join(''),
    'backend-paths.txt': edge.backendPaths.map(path => `${path}\n`).join(''),
    'acme.lua': text('acme.lua'),
    'away.http': text('away.http'),
    'maintenance.html': text('maintenance.html'),
  }
}

const backendsOf = ({ environment, ports }: Domain): string =>
  (['backend', 'frontend'] as const)
    .map(part => `backend ${environment}-${part} from edge\n    server app 127.0.0.1:${ports[part]}\n`)
    .join('')

/** Whether a slot's files are these. */
export const hasFiles = (edge: Edge, slot: Colour, files: Readonly<Record<string, string>>): boolean =>
  Object.entries(files).every(([name, text]) => readIfThere(join(slotDirectory(edge, slot), name)) === text)

export function writeFiles(edge: Edge, slot: Colour, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files))
    writeAtomically(join(slotDirectory(edge, slot), name), text)
}

const slotDirectory = (edge: Edge, slot: Colour): string => join(edge.directory, 'edge', slot)

/** Writes the compose file. @returns what it replaced, or undefined where it is the same. */
export function shipComposeFile(edge: Edge): ChangedFile | undefined {
  const file = join(edge.directory, composeFile)
  const before = readIfThere(file)
  const text = shippedComposeFile()
  if (before === text) return undefined
  writeAtomically(file, text)
  return { name: composeFile, mode: 0o644, before, changedAt: Date.now() }
}

/** What `.env` says beyond the settings: which slot a plain `docker compose up -d` starts, and the images. */
export interface EdgeState {
  readonly live: Colour | null
  readonly tag: string
  readonly images: Readonly<Record<Colour, string>>
}

const composeFile = 'docker-compose.yml'
/** The files of the toolkit in the edge's directory that others may have had there before. */
export const ownFiles = ['.env', ...readUnasked]
const stateFile = (edge: Edge): string => join(edge.directory, '.env')

export function readState(edge: Edge): EdgeState | undefined {
  const text = readIfThere(stateFile(edge))
  if (text === undefined || foreignAmong(edge.directory, ['.env']).length > 0) return undefined
  const values = parse(text)
  return {
    live: colours.find(colour => colour === values['COMPOSE_PROFILES']) ?? null,
    tag: values['EDGE_TAG'] ?? '',
    images: { blue: values['EDGE_BLUE_IMAGE'] ?? 'none', green: values['EDGE_GREEN_IMAGE'] ?? 'none' },
  }
}

export function writeState(edge: Edge, state: EdgeState): void {
  writeAtomically(stateFile(edge), stateText(edge, state), 0o600)
}

/** Whether a slot that was started with this state would be started in the same way now. */
export const isWritten = (edge: Edge, state: EdgeState): boolean =>
  readIfThere(stateFile(edge)) === stateText(edge, state) &&
  readIfThere(join(edge.directory, composeFile)) === shippedComposeFile()

/** What the edge takes for its own. */
export const groundOf = (edge: Edge): Ground => ({
  ...edge,
  shipped: shippedComposeFile(),
  services: colours.map(slot => `edge-${slot}`),
  networks: [],
})

function stateText(edge: Edge, { live, tag, images }: EdgeState): string {
  const comment =
    'Written by the toolkit: what plain `docker compose` in this directory needs. No secrets here.'
  const variables = {
    COMPOSE_PROJECT_NAME: edge.project,
    COMPOSE_PROFILES: live ?? 'none',
    ...listening(edge),
    EDGE_UID: String(process.getuid?.() ?? 0),
    EDGE_GID: String(process.getgid?.() ?? 0),
    EDGE_HSTS: String(Math.round(edge.hsts / 1000)),
    EDGE_TAG: tag,
    EDGE_BLUE_IMAGE: images.blue,
    EDGE_GREEN_IMAGE: images.green,
  }
  return formatEnvFile(comment, variables)
}

/** IPv6 where this machine has it, on sockets of its own: an IPv4 client's address stays one. */
function listening({ ports: { http, https } }: Edge): Record<string, string> {
  const ipv6 = readIfThere('/proc/net/if_inet6')?.trim()
  const bind = (port: number): string => (ipv6 ? `:${port},:::${port} v6only` : `:${port}`)
  return {
    EDGE_HTTP: bind(http),
    EDGE_HTTPS: bind(https),
    EDGE_HTTPS_PORT: String(https),
    EDGE_HTTPS_SUFFIX: https === 443 ? '' : `:${https}`,
  }
}
