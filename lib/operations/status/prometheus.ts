import { conditionOf } from '../../docker/containers.ts'
import type { Facts } from './facts.ts'
import { findings } from './findings/all.ts'
import { valueIn } from './known.ts'

type Labels = Readonly<Record<string, string>>
interface Sample {
  readonly labels: Labels
  readonly value: number
}
interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly of: (facts: Facts) => readonly Sample[]
}

/** One sample, or none where the fact is not known: an old value must not look like a new one. */
const one = (value: number | undefined, labels: Labels = {}): Sample[] =>
  value === undefined || Number.isNaN(value) ? [] : [{ labels, value }]

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000)

const gauge = (name: string, help: string, of: Metric['of']): Metric => ({ name, type: 'gauge', help, of })
const counter = (name: string, help: string, of: Metric['of']): Metric => ({
  name,
  type: 'counter',
  help,
  of,
})

const eachContainer = (
  facts: Facts,
  valueFor: (found: NonNullable<ReturnType<typeof containersOf>>[number]) => number | undefined,
) => (containersOf(facts) ?? []).flatMap(found => one(valueFor(found), { service: found.service }))
const containersOf = (facts: Facts) => valueIn(facts.containers)

const metrics: readonly Metric[] = [
  gauge('problems', 'How many things are wrong, in the words of scripts/status.ts.', facts =>
    one(findings(facts).length),
  ),
  gauge('checked_timestamp_seconds', 'When this was found out.', facts => one(seconds(facts.at))),
  gauge('engine_up', 'Whether Docker answers.', facts => one(Number(facts.engine.known))),
  gauge('users_served', "Whether the smoke tests pass at the users' ports.", facts =>
    one(Number(facts.users.known)),
  ),
  gauge('proxy_up', 'Whether the proxy answers on its socket.', facts =>
    one(Number(facts.live.served !== undefined)),
  ),
  gauge('release_info', 'The live release.', ({ release }) =>
    release
      ? one(1, {
          release: String(release.release),
          tag: release.tag,
          colour: release.colour,
          ...release.images,
        })
      : [],
  ),
  gauge('release_timestamp_seconds', 'When users were moved to the live release.', facts =>
    one(seconds(facts.release?.at)),
  ),
  gauge(
    'release_proved',
    'Whether the same images were live on the environment that proves versions.',
    ({ provedAt }) => (provedAt === undefined ? [] : one(Number(provedAt !== null))),
  ),
  gauge('container_healthy', 'Whether a container runs and is healthy.', facts =>
    eachContainer(facts, found => Number(found.status === 'running' && conditionOf(found).is === 'healthy')),
  ),
  gauge('container_running', 'Whether a container runs; the colour that stands by does not.', facts =>
    eachContainer(facts, ({ status }) => Number(status === 'running')),
  ),
  gauge('container_restarts', 'How often the engine has restarted a container.', facts =>
    eachContainer(facts, ({ restarts }) => restarts),
  ),
  gauge('container_cpu_ratio', 'Processors in use: 1 is one whole one.', facts =>
    eachContainer(facts, ({ id }) => valueIn(facts.usage)?.get(id)?.cpu),
  ),
  gauge('container_memory_bytes', 'Memory in use.', facts =>
    eachContainer(facts, ({ id }) => valueIn(facts.usage)?.get(id)?.memory),
  ),
  gauge('container_memory_limit_bytes', 'Memory that a container may use.', facts =>
    eachContainer(facts, ({ id }) => valueIn(facts.usage)?.get(id)?.memoryLimit),
  ),
  counter('requests_total', "Users' requests since the proxy started.", facts =>
    one(valueIn(facts.traffic)?.total.requests),
  ),
  counter('request_errors_total', 'Answers of 500 and above since the proxy started.', facts =>
    one(valueIn(facts.traffic)?.total.errors),
  ),
  gauge('database_up', 'Whether the database answers.', facts => one(Number(facts.database.known))),
  gauge('database_bytes', 'Size of the database.', facts => one(valueIn(facts.database)?.bytes)),
  gauge('database_connections', 'Connections in use.', facts => one(valueIn(facts.database)?.connections)),
  gauge('database_max_connections', 'Connections that there can be.', facts =>
    one(valueIn(facts.database)?.maxConnections),
  ),
  gauge('database_blocked_queries', 'Queries that wait for a lock.', facts =>
    one(valueIn(facts.database)?.blocked),
  ),
  gauge(
    'schema_is_current',
    "Whether the schema is at the live image's newest revision.",
    ({ database, head }) =>
      database.known && head.known ? one(Number(database.value.schema === head.value)) : [],
  ),
  gauge('backups', 'Backups that are kept.', facts => one(valueIn(facts.backups)?.count)),
  gauge('backups_bytes', 'Size of all backups.', facts => one(valueIn(facts.backups)?.bytes)),
  gauge('backup_timestamp_seconds', 'When the newest backup was made.', facts =>
    one(seconds(valueIn(facts.backups)?.last?.at)),
  ),
  gauge('backup_proved_timestamp_seconds', 'When a backup was last proved by restoring it.', facts =>
    one(seconds(valueIn(facts.backups)?.proved?.manifest?.verifiedAt)),
  ),
  gauge('disk_free_bytes', 'Free space.', facts =>
    facts.disks.flatMap(disk => one(disk.free, { path: disk.path })),
  ),
  gauge('disk_size_bytes', 'Size of the file system.', facts =>
    facts.disks.flatMap(disk => one(disk.total, { path: disk.path })),
  ),
  gauge('disk_free_inodes', 'Free inodes.', facts =>
    facts.disks.flatMap(disk => one(disk.inodesFree, { path: disk.path })),
  ),
  gauge('certificate_end_timestamp_seconds', 'When a certificate ends.', facts =>
    facts.certificates.flatMap(answer =>
      answer.known ? one(answer.value.until / 1000, { where: answer.value.where }) : [],
    ),
  ),
  gauge('locked', 'Whether a run is at work.', facts => one(Number(facts.lock !== undefined))),
  gauge('last_run_timestamp_seconds', 'When the last run began.', facts =>
    one(seconds(valueIn(facts.runs)?.[0]?.at)),
  ),
  gauge('last_run_exit_code', 'How the last run ended; see the table of exit codes.', facts =>
    one(valueIn(facts.runs)?.[0]?.exitCode),
  ),
]

/** The facts in Prometheus's text exposition format 0.0.4, for node_exporter's textfile collector. */
export function prometheus(all: readonly Facts[]): string {
  return metrics
    .map(metric => {
      const name = `tracehub_${metric.name}`
      const samples = all.flatMap(facts =>
        metric
          .of(facts)
          .map(
            ({ labels, value }) =>
              `${name}${written({ environment: facts.environment.name, ...labels })} ${value}\n`,
          ),
      )
      return samples.length === 0
        ? ''
        : `# HELP ${name} ${metric.help}\n# TYPE ${name} ${metric.type}\n${samples.join('')}`
    })
    .join('')
}

const written = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
