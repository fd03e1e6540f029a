import { Failure } from '../base/failure.ts'
import { bytes } from '../base/text.ts'
import { admin } from '../database/database.ts'
import type { Site } from '../proxy/site.ts'

/**
 * So many bytes of the database's disk stay free. PostgreSQL stops when its log cannot grow (PANIC), and does not start
 * again before somebody makes room: a restore that filled the disk would take the live database down with it.
 */
const reserve = 256 * 1024 * 1024
const fix = 'make room: docker system df and df -h show what takes the space'

/**
 * @param size of the database that is to be restored, in bytes
 * @throws Failure when it, and PostgreSQL's log of it, have no room beside the live one.
 */
export async function demandDatabaseRoom({ project }: Site, size: number): Promise<void> {
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

/**
 * A bash command that restores, ended in time. It is guarded inside the container, where it goes on when the toolkit
 * is killed: `$1` is the user, `$2` the database that is restored into.
 */
export const guarded = (restore: string): string => `
guard() {
  # What loses its parent goes to process 1, and that may be PostgreSQL: one that ends with 2 or by a signal is to it a
  # server process that has crashed, for which it restarts all of them. So nothing here outlives what started it.
  # The trap does nothing itself: amid coproc, it would wait for a psql whose pipe it does not know yet.
  ended=; trap ended=1 TERM
  # Connected from the start: when it is needed, a busy machine has no time to start it.
  coproc server { psql --username "$1" --dbname postgres --no-psqlrc --quiet --output /dev/null --set name="$2" 2>/dev/null; }
  echo 'set idle_session_timeout = 0;' >&"\${server[1]}" # older servers than 14 have none
  while [ -z "\${ended:-}" ] && sleep 0.1; do
    free=$(df -Pk "$PGDATA" | { read -r _; read -r _ _ _ free _; echo "$free"; })
    [ "\${free:-${reserve / 1024}}" -ge ${reserve / 1024} ] && continue
    echo "${warning}: $free KiB" >&2
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

/** What a restore says that had too little room; undefined where something else is wrong. */
export function roomProblem(said: string, name: string): Failure | undefined {
  if (!said.includes(warning) && !said.includes('No space left on device')) return undefined
  return new Failure({
    what: `${name} has no room beside the live database: its restore was ended before the disk was full`,
    detail: `less than ${bytes(reserve)} of the database's disk were free; on a full one, PostgreSQL stops altogether`,
    fix,
  })
}
