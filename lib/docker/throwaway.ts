import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt } from '../base/shell.ts'
import { question } from './answers.ts'

/**
 * What a container that lives for one run may do at most, as options of `docker run`: what somebody else wrote runs in it
 * beside the live ones, which have the same limits in docker-compose.yml. Where memory runs out, it goes first.
 */
const common = [
  ...['--security-opt', 'no-new-privileges', '--oom-score-adj', '500'],
  ...['--log-driver', 'json-file', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=1'],
]

const each = (option: string, ...values: string[]): string[] => values.flatMap(value => [option, value])

/** For an image of the application's, which may begin as root. */
export const applicationLimits = [
  ...common,
  ...each('--cap-drop', 'AUDIT_WRITE', 'MKNOD', 'NET_RAW', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT'),
  ...['--pids-limit', '2048', '--memory', '1g'],
]

/** For a PostgreSQL server, whose entrypoint begins as root. */
export const databaseLimits = [
  ...common,
  ...['--cap-drop', 'ALL'],
  ...each('--cap-add', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'),
  ...['--pids-limit', '4096', '--memory', '4g'],
]

/** What /proc tells of processes; undefined where it tells nothing. */
interface Processes {
  readonly namespace: string | undefined
  startOf(pid: number): string | undefined
}

const here: Processes = {
  get namespace() {
    return unlessUnknown(() => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0])
  },
  startOf: pid =>
    unlessUnknown(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]),
}

function unlessUnknown<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/**
 * Names this process, for what it leaves behind when it is killed: `<pid>-<start>-<namespace>`. A number may be another
 * process's by now, but not with the same start (proc(5), field 22), and means another one in a container
 * (pid_namespaces(7)).
 */
export const ownerLabel = (): string =>
  [process.pid, here.startOf(process.pid) ?? 0, here.namespace ?? 0].join('-')

/** Whether a label speaks of a process that still runs. */
export function isAlive(owner: string, processes: Processes = here): boolean {
  const [pid, start, namespace] = owner.split('-')
  // Without /proc, and about another container's processes, nobody can tell: leave it.
  if (start === '0' || namespace !== processes.namespace) return true
  return processes.startOf(Number(pid)) === start
}

/** A new directory among the temporary files, which bears the name of this process. */
export const scratchDirectory = (): string => mkdtempSync(join(tmpdir(), `migrate-check-${ownerLabel()}-`))

/**
 * Those of runs that were killed, and of nobody but this user: whoever else has made one there can put something else
 * in the place of what is being removed.
 */
function abandonedDirectories(): string[] {
  return readdirSync(tmpdir()).flatMap(name => {
    const [, owner] = /^migrate-check-(\d+-\d+-\d+)-\w+$/.exec(name) ?? []
    const directory = join(tmpdir(), name)
    if (owner === undefined || isAlive(owner)) return []
    const found = lstatSync(directory, { throwIfNoEntry: false })
    return found?.isDirectory() && found.uid === process.getuid?.() ? [directory] : []
  })
}

/** Every container of migrate-check bears it, with the process that it belongs to. */
export const label = 'tracehub.migrate-check'

/** Removes what runs that were killed have left: containers and temporary files. */
export async function removeLeftovers(): Promise<void> {
  // rm(1) stays below the directory, whatever is put in its place meanwhile; one that it leaves is in nobody's way.
  const directories = abandonedDirectories()
  if (directories.length > 0) await attempt(['rm', '-rf', '--', ...directories])
  const ours = ['--filter', `label=${label}`, '--format', `{{.Names}} {{.Label "${label}"}}`]
  const { ok, stdout } = await attempt(['docker', 'ps', '--all', ...ours], question)
  if (!ok) return // no Docker, no containers
  const found = [...stdout.matchAll(/^(\S+) (\S+)$/gm)]
  const dead = found.flatMap(([, name = '', owner = '']) => (isAlive(owner) ? [] : [name]))
  if (dead.length > 0) await attempt(['docker', 'rm', '--force', '--volumes', ...dead])
}
