import { statfs } from 'node:fs/promises'
import { Failure } from '../base/failure.ts'
import { bytes } from '../base/text.ts'
import { admin } from '../database/database.ts'
import { ownPath } from '../database/superuser.ts'
import type { Project } from '../docker/project.ts'
import type { Environment } from '../environment/environment.ts'
import type { Restoring } from './container.ts'
import { listBackups } from './list.ts'
import { restorer } from './statements.ts'

/**
 * How large a dump will be about, in bytes: as large in proportion as the last one was, or as the database, whose
 * indexes a dump leaves out.
 */
export function expectedDump(environment: Environment, databaseBytes: number): number {
  const last = listBackups(environment).find(
    ({ name, manifest }) => name.endsWith('.sql') && (manifest?.databaseBytes ?? 0) > 0,
  )?.manifest
  return last ? Math.round((last.bytes / last.databaseBytes) * databaseBytes) : databaseBytes
}

/** @throws Failure when a directory's disk has not so many bytes free. */
export async function demandRoom(directory: string, needed: number): Promise<void> {
  const disk = await statfs(directory)
  const free = disk.bavail * disk.bsize
  if (free >= needed) return
  throw new Failure({
    what: `${directory} has ${bytes(free)} free; about ${bytes(needed)} are needed`,
    fix: `df -h ${directory} shows the disk; remove what is not needed there`,
  })
}

/**
 * So many bytes of the database's disk stay free. PostgreSQL stops when its log cannot grow (PANIC), and does not start
 * again before somebody makes room: a restore that filled the disk would take the live database down with it.
 */
export const reserve = 256 * 1024 * 1024
const fix = 'make room: docker system df and df -h show what takes the space'

/** Bytes that stay free beside what is written to `backups/`: where its disk is the database's, too, that one stops on it. */
export async function keptFree(project: Project): Promise<number> {
  const { stdout } = await project.exec('db', ['sh', '-c', 'stat -c %d "$PGDATA" /backups'])
  const [data, backups] = stdout.trim().split('\n')
  return data === backups ? reserve : 0
}

/** Calls `full` once when fewer bytes than `kept` are free on a directory's disk: what is written may be more than expected. */
export function guardRoom(directory: string, kept: number, full: () => void): { stop(): void } {
  const timer = setInterval(async () => {
    const disk = await statfs(directory).catch(() => undefined) // what writes there says that it is gone
    if (!disk || disk.bavail * disk.bsize >= kept) return
    clearInterval(timer)
    full()
  }, 100)
  return { stop: () => clearInterval(timer) }
}

/**
 * @param size of the database that is to be restored, in bytes
 * @throws Failure when it, and PostgreSQL's log of it, have no room beside the live one.
 */
export async function demandDatabaseRoom({ project }: Restoring, size: number): Promise<void> {
  const script = 'df -Pk "$PGDATA" | tail -1; du -sk "$PGDATA/pg_wal"'
  const { ok, stdout } = await project.exec('db', ['sh', '-c', script])
  const [, free, log] = /\s(\d+)\s+\d+%\s.*\n(\d+)/.exec(stdout)?.map(kib => Number(kib) * 1024) ?? []
  if (!ok || free === undefined || log === undefined) return // it is guarded all the same
  // The log grows by as much as is written, up to about max_wal_size; what it has already is used again.
  const longest = Number(await admin(project, "select pg_size_bytes(current_setting('max_wal_size'))"))
  const needed = size + Math.max(0, Math.min(size, longest) - log) + reserve
  if (free < needed)
    throw new Failure({
      what: `the database's disk has ${bytes(free)} free; about ${bytes(needed)} are needed beside the live database`,
      fix,
    })
}

const warning = 'too little room is left'
const warningOfMemory = 'too much memory is taken'

/**
 * A bash command that restores, ended in time: also before the kernel ends it for the memory that the container has no
 * more of, after which PostgreSQL would end every session. It is guarded inside the container, where it goes on when the toolkit
 * is killed: `$1` is the user, `$2` the database that is restored into.
 */
export const guarded = (restore: string): string => `
# KiB that the sessions of the restore have for themselves.
taken() {
  taken=0
  for process in /proc/[0-9]*; do
    title=; read -r title <"$process/cmdline"
    [[ $title == postgres:*' ${restorer} '* ]] || continue
    while read -r word kib _; do [ "$word" != RssAnon: ] || taken=$((taken + kib)); done <"$process/status"
  done
} 2>/dev/null
guard() {
  # What loses its parent goes to process 1, and that may be PostgreSQL: one that ends with 2 or by a signal is to it a
  # server process that has crashed, for which it restarts all of them. So nothing here outlives what started it.
  # The trap does nothing itself: amid coproc, it would wait for a psql whose pipe it does not know yet.
  ended=; trap ended=1 TERM
  # Connected from the start: when it is needed, a busy machine has no time to start it.
  coproc server { PGOPTIONS="$PGOPTIONS ${ownPath}" psql --username "$1" --dbname postgres --no-psqlrc --quiet --output /dev/null --set name="$2" 2>/dev/null; }
  echo 'set idle_session_timeout = 0;' >&"\${server[1]}" # older servers than 14 have none
  # Of either version of cgroups; "max" and nothing are no limit.
  limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | grep -m 1 '^[0-9]')
  while [ -z "\${ended:-}" ] && sleep 0.1; do
    free=$(df -Pk "$PGDATA" | { read -r _; read -r _ _ _ free _; echo "$free"; })
    taken
    if [ "\${free:-${reserve / 1024}}" -lt ${reserve / 1024} ]; then echo "${warning}: $free KiB" >&2
    elif [ -n "$limit" ] && [ "$taken" -gt $((limit / 2048)) ]; then echo "${warningOfMemory}: $taken KiB" >&2
    else continue; fi
    # The server ends the session: it would go on when its client alone ended, and a statement may catch its own end.
    echo "select pg_terminate_backend(pid) from pg_stat_activity where datname = :'name' and backend_type = 'client backend';" >&"\${server[1]}"
  done
  trap '' TERM
  eval "exec \${server[1]}>&-"
  wait
}
set -o pipefail
guard "$@" & guarding=$!
${restore}
code=$?
while kill $guarding 2>/dev/null; do sleep 0.05; done # on a busy machine, bash has been seen to lose a signal
wait $guarding
exit $code
`

/** What a restore says that had too little room, or memory; undefined where something else is wrong. */
export function roomProblem(said: string, name: string): Failure | undefined {
  if (said.includes(warningOfMemory))
    return new Failure({
      what: `${name} takes more than half of the database's memory: its restore was ended before there was none left`,
      detail: 'the kernel would have ended it, and PostgreSQL then every session of users',
      fix: "no pg_dump writes what does that: ask where the file is from; or raise mem_limit of db in the environment's docker-compose.yml",
    })
  if (!said.includes(warning) && !said.includes('No space left on device')) return undefined
  return new Failure({
    what: `${name} has no room beside the live database: its restore was ended before the disk was full`,
    detail: `less than ${bytes(reserve)} of the database's disk were free; on a full one, PostgreSQL stops altogether`,
    fix,
  })
}
