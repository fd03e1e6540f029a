import { readFileSync, readlinkSync } from 'node:fs'

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
    unlessUnknown(
      () =>
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[19],
    ),
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
