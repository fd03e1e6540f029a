import { conditionOf } from '../../docker/containers.ts'
import { type Facts, valueIn } from './facts.ts'
import { findings } from './findings/all.ts'

type Labels = Readonly<Record<string, string>>
interface Sample {
  readonly labels: Labels
  readonly value: number
}
/** A value, or none where the fact is not known: an old value must not look like a new one. */
type Value = number | undefined

interface Metric {
  readonly name: string
  readonly help: string
  readonly of: (facts: Facts) => Value | readonly Sample[]
}

const one = (value: Value, labels: Labels = {}): Sample[] =>
  value === undefined || Number.isNaN(value) ? [] : [{ labels, value }]

const seconds = (ms: number | undefined): Value => (ms === undefined ? undefined : ms / 1000)

const metric = (name: string, help: string, of: Metric['of']): Metric => ({ name, help, of })

const eachContainer = (
  facts: Facts,
  valueFor: (found: NonNullable<ReturnType<typeof containersOf>>[number]) => number | undefined,
) => (containersOf(facts) ?? []).flatMap(found => one(valueFor(found), { service: found.service }))
const containersOf = (facts: Facts) => valueIn(facts.containers)

const metrics: readonly Metric[] = [
  metric(
    'problems',
    'How many things are wrong, in the words of scripts/status.ts.',
    facts => findings(facts).length,
  ),
  metric('checked_timestamp_seconds', 'When this was found out.', facts => seconds(facts.at)),
  metric('engine_up', 'Whether Docker answers.', facts => Number(facts.engine.known)),
  metric('users_served', "Whether the smoke tests pass at the users' ports.", facts =>
    Number(facts.users.known),
  ),
  metric('proxy_up', 'Whether the proxy answers on its socket.', facts =>
    Number(facts.live.served !== undefined),
  ),
  metric('release_info', 'The live release.', ({ release }) =>
    release
      ? one(1, {
          release: String(release.release),
          tag: release.tag,
          colour: release.colour,
          ...release.images,
        })
      : [],
  ),
  metric('release_timestamp_seconds', 'When users were moved to the live release.', facts =>
    seconds(facts.release?.at),
  ),
  metric(
    'release_proved',
    'Whether the same images were live on the environment that proves versions.',
    ({ provedAt }) => (provedAt === undefined ? undefined : Number(provedAt !== null)),
  ),
  metric('container_healthy', 'Whether a container runs and is healthy.', facts =>
    eachContainer(facts, found => Number(found.status === 'running' && conditionOf(found).is === 'healthy')),
  ),
  metric('container_running', 'Whether a container runs; the colour that stands by does not.', facts =>
    eachContainer(facts, ({ status }) => Number(status === 'running')),
  ),
  metric('container_restarts', 'How often the engine has restarted a container.', facts =>
    eachContainer(facts, ({ restarts }) => restarts),
  ),
  metric('container_cpu_ratio', 'Processors in use: 1 is one whole one.', facts =>
    eachContainer(facts, ({ id }) => valueIn(facts.usage)?.get(id)?.cpu),
  ),
  metric('container_memory_bytes', 'Memory in use.', facts =>
    eachContainer(facts, ({ id }) => valueIn(facts.usage)?.get(id)?.memory),
  ),
  metric('container_memory_limit_bytes', 'Memory that a container may use.', facts =>
    eachContainer(facts, ({ id }) => valueIn(facts.usage)?.get(id)?.memoryLimit),
  ),
  metric(
    'requests_total',
    "Users' requests since the proxy started.",
    facts => valueIn(facts.traffic)?.total.requests,
  ),
  metric(
    'request_errors_total',
    'Answers of 500 and above since the proxy started.',
    facts => valueIn(facts.traffic)?.total.errors,
  ),
  metric('database_up', 'Whether the database answers.', facts => Number(facts.database.known)),
  metric('database_bytes', 'Size of the database.', facts => valueIn(facts.database)?.bytes),
  metric('database_connections', 'Connections in use.', facts => valueIn(facts.database)?.connections),
  metric(
    'database_max_connections',
    'Connections that there can be.',
    facts => valueIn(facts.database)?.maxConnections,
  ),
  metric(
    'database_blocked_queries',
    'Queries that wait for a lock.',
    facts => valueIn(facts.database)?.blocked,
  ),
  metric(
    'schema_is_current',
    "Whether the schema is at the live image's newest revision.",
    ({ database, head }) =>
      database.known && head.known ? Number(database.value.schema === head.value) : undefined,
  ),
  metric('backups', 'Backups that are kept.', facts => valueIn(facts.backups)?.count),
  metric('backups_bytes', 'Size of all backups.', facts => valueIn(facts.backups)?.bytes),
  metric('backup_timestamp_seconds', 'When the newest backup was made.', facts =>
    seconds(valueIn(facts.backups)?.last?.at),
  ),
  metric('backup_proved_timestamp_seconds', 'When a backup was last proved by restoring it.', facts =>
    seconds(valueIn(facts.backups)?.proved?.manifest?.verifiedAt),
  ),
  metric('disk_free_bytes', 'Free space.', facts =>
    facts.disks.flatMap(disk => one(disk.free, { path: disk.path })),
  ),
  metric('disk_size_bytes', 'Size of the file system.', facts =>
    facts.disks.flatMap(disk => one(disk.total, { path: disk.path })),
  ),
  metric('disk_free_inodes', 'Free inodes.', facts =>
    facts.disks.flatMap(disk => one(disk.inodesFree, { path: disk.path })),
  ),
  metric('certificate_end_timestamp_seconds', 'When a certificate ends.', facts =>
    facts.certificates.flatMap(answer =>
      answer.known ? one(answer.value.until / 1000, { where: answer.value.where }) : [],
    ),
  ),
  metric('locked', 'Whether a run is at work.', facts => Number(facts.lock !== undefined)),
  metric('last_run_timestamp_seconds', 'When the last run began.', facts =>
    seconds(valueIn(facts.runs)?.[0]?.at),
  ),
  metric(
    'last_run_exit_code',
    'How the last run ended; see the table of exit codes.',
    facts => valueIn(facts.runs)?.[0]?.exitCode,
  ),
]

/** The facts in Prometheus's text exposition format 0.0.4, for node_exporter's textfile collector. */
export function prometheus(all: readonly Facts[]): string {
  return metrics
    .map(({ name: short, help, of }) => {
      const name = `tracehub_${short}`
      const type = name.endsWith('_total') ? 'counter' : 'gauge'
      const samples = all.flatMap(facts => {
        const found = of(facts)
        const environment = facts.environment.name
        return (Array.isArray(found) ? (found as Sample[]) : one(found as Value)).map(
          ({ labels, value }) => `${name}${written({ environment, ...labels })} ${value}\n`,
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
