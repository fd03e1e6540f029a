import type { Problem } from '../../base/failure.ts'
import { bytes, columns, count, duration, printable } from '../../base/text.ts'
import { showRevision } from '../../database/database.ts'
import { shortDigest } from '../../environment/releases.ts'
import { type Facts, type Known, valueIn } from './facts.ts'
import { resultWord } from './runs.ts'
import { moment, percent, span } from './words.ts'

/** An environment as lines: what it is, its containers, its last runs. What is wrong is shown apart, in full. */
export function panel(facts: Facts, problems: readonly Problem[]): string[] {
  const { environment } = facts
  const verdict = problems.length === 0 ? 'all is well' : count(problems.length, 'problem')
  const title = `${problems.length === 0 ? '✓' : '✗'} ${environment.name}: ${verdict}`
  if (!facts.isThere) return [title]
  const rows = [
    live(facts),
    ...release(facts),
    [
      'database',
      said(
        facts.database,
        ({ version, bytes: size, connections, maxConnections }) =>
          `PostgreSQL ${version.split(' ')[0]}, ${bytes(size)}, ${connections} of ${maxConnections} connections`,
      ),
    ],
    ['schema', schema(facts)],
    ['proxy', traffic(facts)],
    ['backup', backup(facts)],
    ...facts.disks.map(({ holds, total, free, inodes, inodesFree }) => [
      holds,
      `${bytes(free)} of ${bytes(total)} free (${percent(free / total)})` +
        (inodes > 0 ? `, inodes ${percent(inodesFree / inodes)} free` : ''),
    ]),
    ...facts.certificates.map(answer => [
      'certificate',
      said(answer, ({ where, until }) =>
        until < facts.at
          ? `${where}: ended ${span(facts.at - until)} ago`
          : `${where}: ${span(until - facts.at)} left`,
      ),
    ]),
    ['lock', lock(facts)],
    ...byHand(facts),
  ]
  return [title, ...indented(columns(rows)), '', ...indented(containers(facts)), '', ...indented(runs(facts))]
}

const indented = (text: string): string[] =>
  printable(text)
    .split('\n')
    .map(line => `  ${line}`)

const said = <T>(answer: Known<T>, words: (value: T) => string): string =>
  answer.known ? words(answer.value) : `not known: ${answer.why}`

function live({ at, environment, live: { onDisk, served }, release }: Facts): string[] {
  if (onDisk === null && !release) return ['live', 'nothing yet']
  const where = served === undefined ? `${onDisk} when the proxy is up again` : (served ?? 'nothing')
  const since = release ? ` since ${moment(release.at)} (${span(at - release.at)})` : ''
  return ['live', `${where}${since}, ports ${environment.ports.backend} and ${environment.ports.frontend}`]
}

function* release({ release, verifiedAt, environment }: Facts): Iterable<string[]> {
  if (!release) return
  const { backend, frontend } = release.images
  const where = `live on ${environment.provedOn?.environment}`
  yield ['release', `${release.release}, ${release.tag}, by ${release.who}`]
  yield ['digests', `backend ${shortDigest(backend)}, frontend ${shortDigest(frontend)}`]
  if (verifiedAt !== undefined)
    yield ['verified', verifiedAt === null ? `never ${where}` : `${where} ${moment(verifiedAt)}`]
}

function schema({ database, head }: Facts): string {
  const now = valueIn(database)?.schema
  if (now === undefined) return 'not known'
  if (!head.known) return `${showRevision(now)} (the image's newest is not known: ${head.why})`
  return now === head.value
    ? `${showRevision(now)}, the image's newest`
    : `${showRevision(now)}; the image's newest is ${head.value ?? 'none'}`
}

const traffic = (facts: Facts): string =>
  said(facts.traffic, ({ total, now, ms }) => {
    const share = total.requests === 0 ? 0 : total.errors / total.requests
    const rate = Math.round((now.requests / ms) * 1000)
    return `${rate}/s; ${count(total.requests, 'request')} since its start, ${total.errors} answered 5xx (${percent(share)})`
  })

const backup = (facts: Facts): string =>
  said(facts.backups, ({ count: number, bytes: size, last, verified }) => {
    if (!last) return 'none'
    const at = verified?.manifest?.verifiedAt
    return `${span(facts.at - last.at)} ago, ${bytes(last.bytes)}; ${number} in all, ${bytes(size)}; verified ${
      at === undefined ? 'never' : `${span(facts.at - at)} ago`
    }`
  })

function lock({ at, lock: holder }: Facts): string {
  if (holder === undefined) return 'free'
  if (holder === 'unknown') return 'held'
  return `${holder.run} for ${span(at - holder.since)}, by ${holder.who}, process ${holder.pid}`
}

/** The documented commands work in the directory; what runs in a colour has its name in them. */
const byHand = ({ environment, live: { onDisk } }: Facts): string[][] =>
  onDisk === null ? [] : [['by hand', `cd ${environment.directory}; docker compose exec backend-${onDisk} …`]]

function containers({ at, containers: found, usage }: Facts): string {
  if (!found.known) return `containers: not known: ${found.why}`
  const rows = found.value
    .toSorted((a, b) => (a.service < b.service ? -1 : 1))
    .map(container => {
      const { id, service, status, health, restarts, startedAt } = container
      const runs = status === 'running'
      const used = valueIn(usage)?.get(id)
      return [
        service,
        runs ? (health === 'none' ? 'running' : health) : conditionWord(status, container.exitCode),
        runs ? span(at - startedAt) : '-',
        String(restarts),
        used ? percent(used.cpu) : '-',
        used ? `${bytes(used.memory)} of ${bytes(used.memoryLimit)}` : '-',
      ]
    })
  return columns([['container', 'state', 'up', 'restarts', 'cpu', 'memory'], ...rows])
}

const conditionWord = (status: string, exitCode: number): string =>
  status === 'exited' ? `stopped (${exitCode})` : status

function runs(facts: Facts): string {
  if (!facts.runs.known) return `runs: not known: ${facts.runs.why}`
  if (facts.runs.value.length === 0) return 'no runs yet'
  const held = facts.lock === undefined || facts.lock === 'unknown' ? undefined : facts.lock.run
  const rows = facts.runs.value.map(run => [
    moment(run.at),
    run.script,
    run.tag ?? '-',
    run.took === undefined ? '-' : duration(run.took),
    run.who,
    resultWord(run, run.run === held),
  ])
  return columns([['last runs', 'what', 'tag', 'took', 'by', 'result'], ...rows])
}
