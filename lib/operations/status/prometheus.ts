import { conditionOf } from '../../docker/containers.ts'
import type { Disk } from './disk.ts'
import { type Facts, valueIn } from './facts.ts'
import { findings } from './findings/all.ts'
import type { Usage } from './usage.ts'

type Labels = Readonly<Record<string, string>>
interface Sample {
  readonly labels: Labels
  readonly value: number
}
/** A value, or none where the fact is not known: an old value must not look like a new one. */
type Value = number | boolean | undefined

/** What it is of: times in ms, which are written as seconds where the name says so. */
type Of = (seen: Seen) => Value | readonly Sample[]

const seenOf = (facts: Facts) => ({
  ...facts,
  problems: findings(facts).length,
  containers: valueIn(facts.containers) ?? [],
  usage: valueIn(facts.usage),
  traffic: valueIn(facts.traffic),
  database: valueIn(facts.database),
  backups: valueIn(facts.backups),
  lastRun: valueIn(facts.runs)?.[0],
})
type Seen = ReturnType<typeof seenOf>

const one = (value: Value, labels: Labels = {}): Sample[] =>
  value === undefined || Number.isNaN(value) ? [] : [{ labels, value: Number(value) }]

const perContainer =
  (read: (container: Seen['containers'][number], usage: Usage | undefined) => Value): Of =>
  ({ containers, usage }) =>
    containers.flatMap(each => one(read(each, usage?.get(each.id)), { service: each.service }))

const perDisk =
  (read: (disk: Disk) => number): Of =>
  ({ disks }) =>
    disks.flatMap(disk => one(read(disk), { path: disk.path }))

const metrics: Readonly<Record<string, readonly [help: string, of: Of]>> = {
  problems: ['How many things are wrong, in the words of scripts/status.ts.', seen => seen.problems],
  checked_timestamp_seconds: ['When this was found out.', ({ at }) => at],
  engine_up: ['Whether Docker answers.', ({ engine }) => engine.known],
  users_served: ["Whether the smoke tests pass at the users' ports.", ({ users }) => users.known],
  proxy_up: ['Whether the proxy answers on its socket.', ({ live }) => live.served !== undefined],
  release_info: [
    'The live release.',
    ({ release }) => {
      if (!release) return undefined
      const { tag, colour, images } = release
      return one(1, { release: String(release.release), tag, colour, ...images })
    },
  ],
  release_timestamp_seconds: ['When users were moved to the live release.', ({ release }) => release?.at],
  release_proved: [
    'Whether the same images were live on the environment that verifies versions.',
    ({ verifiedAt }) => (verifiedAt === undefined ? undefined : verifiedAt !== null),
  ],
  container_healthy: [
    'Whether a container runs and is healthy.',
    perContainer(found => found.status === 'running' && conditionOf(found).is === 'healthy'),
  ],
  container_running: [
    'Whether a container runs; the colour that stands by does not.',
    perContainer(({ status }) => status === 'running'),
  ],
  container_restarts: [
    'How often the engine has restarted a container.',
    perContainer(({ restarts }) => restarts),
  ],
  container_cpu_ratio: ['Processors in use: 1 is one whole one.', perContainer((_, usage) => usage?.cpu)],
  container_memory_bytes: ['Memory in use.', perContainer((_, usage) => usage?.memory)],
  container_memory_limit_bytes: [
    'Memory that a container may use.',
    perContainer((_, usage) => usage?.memoryLimit),
  ],
  requests_total: ["Users' requests since the proxy started.", seen => seen.traffic?.total.requests],
  request_errors_total: [
    'Answers of 500 and above since the proxy started.',
    ({ traffic }) => traffic?.total.errors,
  ],
  database_up: ['Whether the database answers.', ({ database }) => database !== undefined],
  database_bytes: ['Size of the database.', ({ database }) => database?.bytes],
  database_connections: ['Connections in use.', ({ database }) => database?.connections],
  database_max_connections: ['Connections that there can be.', ({ database }) => database?.maxConnections],
  database_blocked_queries: ['Queries that wait for a lock.', ({ database }) => database?.blocked],
  schema_is_current: [
    "Whether the schema is at the live image's newest revision.",
    ({ database, head }) => (database && head.known ? database.schema === head.value : undefined),
  ],
  backups: ['Backups that are kept.', ({ backups }) => backups?.count],
  backups_bytes: ['Size of all backups.', ({ backups }) => backups?.bytes],
  backup_timestamp_seconds: ['When the newest backup was made.', ({ backups }) => backups?.last?.at],
  backup_proved_timestamp_seconds: [
    'When a backup was last verified by restoring it.',
    ({ backups }) => backups?.verified?.manifest?.verifiedAt,
  ],
  disk_free_bytes: ['Free space.', perDisk(({ free }) => free)],
  disk_size_bytes: ['Size of the file system.', perDisk(({ total }) => total)],
  disk_free_inodes: ['Free inodes.', perDisk(({ inodesFree }) => inodesFree)],
  certificate_end_timestamp_seconds: [
    'When a certificate ends.',
    ({ certificates }) =>
      certificates
        .flatMap(answer => valueIn(answer) ?? [])
        .flatMap(({ until, where }) => one(until, { where })),
  ],
  locked: ['Whether a run is at work.', ({ lock }) => lock !== undefined],
  last_run_timestamp_seconds: ['When the last run began.', ({ lastRun }) => lastRun?.at],
  last_run_exit_code: [
    'How the last run ended; see the table of exit codes.',
    ({ lastRun }) => lastRun?.exitCode,
  ],
}

/** The facts in Prometheus's text exposition format 0.0.4, for node_exporter's textfile collector. */
export function prometheus(all: readonly Facts[]): string {
  const seen = all.map(seenOf)
  return Object.entries(metrics)
    .map(([short, [help, of]]) => {
      const name = `tracehub_${short}`
      const type = name.endsWith('_total') ? 'counter' : 'gauge'
      const unit = name.endsWith('_seconds') ? 1000 : 1
      const samples = seen.flatMap(each => {
        const found = of(each)
        return (typeof found === 'object' ? found : one(found)).map(
          ({ labels, value }) =>
            `${name}${written({ environment: each.environment.name, ...labels })} ${value / unit}\n`,
        )
      })
      return samples.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`
    })
    .join('')
}

const written = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
