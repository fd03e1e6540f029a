import { describeProblem, type Problem } from '../../base/failure.ts'
import { bytes, count, printable, wrapped } from '../../base/text.ts'
import { showRevision } from '../../database/database.ts'
import { type Environment, parts } from '../../environment/environment.ts'
import { shortDigest } from '../../environment/releases.ts'
import type { OldStack } from './old-stack.ts'
import { addressIn, hasEnded } from './roles.ts'
import type { Service } from './service.ts'
import { type Change, literal } from './settings.ts'

type Row = readonly [label: string, text: string]
const width = 80

/** The plan for people; of secrets it has the names. */
export function planText(
  environment: Environment,
  old: OldStack,
  changes: readonly Change[],
  problems: { readonly notKept: readonly Problem[]; readonly blocking: readonly Problem[] },
): string {
  const { services, inFiles, given } = old
  const idle = Object.keys(inFiles).filter(name => !services.some(service => service.name === name))
  const others = changes.filter(({ setting }) => !setting.startsWith('secrets.'))
  const names = {
    secrets: Object.keys(environment.secrets).filter(name => name in given.values),
    'new secrets': given.added,
    others: given.carried,
    'made anew': addressIn(old.roles) === undefined ? [] : ['DATABASE_URL'],
    'left here': given.left,
  }
  const said = (sign: string, all: readonly Problem[]): Row[] => all.map(one => [sign, describeProblem(one)])
  return [
    `adopt ${environment.name}: the plan for ${old.name}, in ${old.directory}; nothing was changed`,
    ...block('What becomes of each service', [
      ...services.map((one): Row => [one.name, `${asItIs(one)}\n→ ${fateOf(one, environment, old)}`]),
      ...idle.map((name): Row => [name, 'in the files, and has no container']),
    ]),
    ...block('The database', database(old)),
    ...block(
      'Settings that differ',
      others.map(({ setting, was, is, why }) => [
        setting,
        `${typeof was === 'object' ? '' : `${literal(was)} → `}${literal(is)}\n${why}`,
      ]),
    ),
    ...block(
      'Variables, by their names',
      Object.entries(names).map(([kind, all]) => [kind, all.join(', ') || 'none']),
    ),
    ...block('What cannot be kept as it is', said('!', problems.notKept)),
    ...block('What blocks the move', said('✗', problems.blocking)),
    '',
  ].join('\n')
}

/** Lines of at most 80 characters, the labels in a column of their own; what follows an arrow is further in. */
function block(title: string, rows: readonly Row[]): string[] {
  const column = Math.max(...rows.map(([label]) => label.length))
  const lines = rows.flatMap(([label, text]) =>
    printable(text)
      .split('\n')
      .flatMap(line =>
        wrapped(line.split(' '), width - column - 6).map((part, i) =>
          i > 0 && /^→/.test(line) ? `  ${part}` : part,
        ),
      )
      .map((line, i) => `  ${(i === 0 ? label : '').padEnd(column)}  ${line}`),
  )
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function asItIs({ container, imageId, restart, ports, mounts, networks }: Service): string {
  const health = container.health === 'none' ? 'no health check' : container.health
  return [
    `${container.image} (${shortDigest(`@${imageId}`)})`,
    `${container.status}, ${health}, restart ${restart}, on ${networks.join(', ') || 'no network'}`,
    ...ports.map(({ address, host, inside }) => `${address}:${host} leads to ${inside}`),
    ...mounts.map(
      ({ source, target, type }) => `${target} is ${type === 'volume' ? 'the volume ' : ''}${source}`,
    ),
  ].join('\n')
}

function fateOf(
  service: Service,
  { ports }: Environment,
  { roles, database: { version } }: OldStack,
): string {
  const part = parts.find(each => roles[each] === service)
  if (part) return `${part}-blue and ${part}-green, behind the proxy on 127.0.0.1:${ports[part]}`
  if (service === roles.database) return `db, PostgreSQL ${version}; its old volume stays as the way back`
  if (hasEnded(service)) return 'done: deploys run alembic upgrade head by themselves, and nothing else of it'
  return 'stays as it is: no part of a release'
}

function database({ database: facts, backups }: OldStack): Row[] {
  const [newest] = backups
  const schemas = [...facts.revisions].map(([table, at]) => `${showRevision(at)} (${table})`)
  const files = newest && `${count(backups.length, 'file')}, the newest ${newest.name} of ${day(newest.at)}`
  return [
    ['server', `PostgreSQL ${facts.version}`],
    ['database', `${facts.name}, ${bytes(facts.bytes)}, owned by ${facts.owner}`],
    ['extensions', facts.extensions.join(', ') || 'none'],
    ['schema', schemas.join(', ') || 'no table of Alembic'],
    ['backups', files ?? 'none in backups/'],
  ]
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
