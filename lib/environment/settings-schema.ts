import * as v from 'valibot'
import { exitCodes, type Problem, Problems } from '../base/failure.ts'
import { count, shown } from '../base/text.ts'
import type { Edge } from './edge.ts'
import type { Environment, Secret, SmokeTest } from './environment.ts'

/** What the settings files must hold, looked at when they are loaded: a file in TypeScript may say `any`, or a word too much. */

type Entries<T> = { readonly [K in keyof Required<T>]: v.GenericSchema<unknown, unknown> }

const text = (expected: string, form = /^.+$/s) => v.pipe(v.string(expected), v.regex(form, expected))
const number = (expected: string, least: number, most = Number.MAX_VALUE) =>
  v.pipe(v.number(expected), v.minValue(least, expected), v.maxValue(most, expected))
const whole = (expected: string, least: number, most?: number) =>
  v.pipe(number(expected, least, most), v.integer(expected))
const oneOf = <const T extends readonly string[]>(words: T) => v.picklist(words, words.join(' or '))
const boolean = v.boolean('true or false')
/** Unlike strictObject it names each word too much, and not the first alone. */
const settings = <E extends v.ObjectEntries>(entries: E) => v.objectWithRest(entries, v.never())

const milliseconds = number('a time in milliseconds', 0)
const bytes = number('a number of bytes', 0)
const share = number('a share between 0 and 1', 0, 1)
const port = whole('a TCP port from 1 to 65535', 1, 65_535)
const amount = whole('a whole number of 0 or more', 0)
const path = text('an absolute path without quotes or line breaks', /^\/[^"'\n]*$/)
const url = text('an address that begins with http:// or https://', /^https?:\/\/\S+$/)
const project = text('lower-case letters, digits, - and _', /^[a-z0-9][a-z0-9_-]*$/)
const pinnedTag = text("an image's name with a tag or digest", /^[^\s@]+(:[\w.-]+|@sha256:[0-9a-f]{64})$/)
const untagged = text("an image's name without a tag", /^[a-z0-9]([\w.:/-]*\/)?[a-z0-9._-]+$/)
const name = text("the file's own name", /^[a-z][a-z0-9-]*$/)
const part = oneOf(['backend', 'frontend'])
const variable = text('the name of a variable', /^[A-Za-z_]\w*$/)

const smokeTest = settings({
  part,
  path: text('a path that begins with /', /^\/\S*$/),
  status: v.exactOptional(whole('an HTTP status', 100, 599)),
  json: v.exactOptional(
    v.record(v.string(), v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false')),
  ),
  contains: v.exactOptional(text('a text')),
} satisfies Entries<SmokeTest>)

const secret = settings({
  services: v.array(oneOf(['backend', 'db'])),
  as: v.exactOptional(variable),
  optional: v.exactOptional(boolean),
  variable: v.exactOptional(variable),
  leastLength: v.exactOptional(amount),
} satisfies Entries<Secret>)

const generations = {
  daily: v.exactOptional(amount),
  weekly: v.exactOptional(amount),
  monthly: v.exactOptional(amount),
}

const environment = settings({
  kind: v.exactOptional(v.literal('application', 'application')),
  name,
  directory: path,
  project,
  suffix: text('lower-case letters, digits, - and _', /^[a-z0-9][a-z0-9_.-]*$/),
  domain: text('a host name', /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/),
  branch: text('the name of a branch', /^[^\s~^:?*[\\]+$/),
  strategy: oneOf(['blue-green', 'rolling']),
  provedOn: v.exactOptional(settings({ environment: name, otherwise: oneOf(['warn', 'demand']) })),
  confirm: boolean,
  rehearse: boolean,
  ports: settings({ backend: port, frontend: port, database: port }),
  images: settings({ backend: untagged, frontend: untagged, database: pinnedTag, proxy: pinnedTag }),
  naming: v.exactOptional(text('a pattern, or off')),
  sources: settings({ backend: text('a path'), frontend: text('a path') }),
  database: settings({
    name: text('the name of a database, of at most 63 characters', /^[^\0]{1,63}$/),
    user: text('the name of a role, of at most 63 characters', /^[^\0]{1,63}$/),
    superuser: v.exactOptional(boolean),
    versionTable: v.exactOptional(text('the name of a table')),
  } satisfies Entries<Environment['database']>),
  secrets: v.record(variable, secret),
  smokeTests: v.array(smokeTest),
  externalChecks: v.array(url),
  externalAccess: v.exactOptional(
    settings({ address: text('a name or an IP address'), port, ca: v.exactOptional(text('a file')) }),
  ),
  timeouts: settings({
    pull: milliseconds,
    backup: milliseconds,
    healthy: milliseconds,
    migrate: milliseconds,
    request: milliseconds,
    drain: milliseconds,
  } satisfies Entries<Environment['timeouts']>),
  stability: milliseconds,
  retention: settings({
    releases: whole('a whole number of 1 or more', 1),
    backups: whole('a whole number of 1 or more', 1),
    preDeploy: v.exactOptional(amount),
    ...generations,
    offsite: v.exactOptional(settings({ last: amount, ...generations })),
  } satisfies Entries<Environment['retention']>),
  windows: settings({
    logs: milliseconds,
    standby: milliseconds,
    databases: milliseconds,
    compress: milliseconds,
  } satisfies Entries<Environment['windows']>),
  alarms: settings({
    backup: milliseconds,
    proof: milliseconds,
    certificate: milliseconds,
    diskFree: share,
    inodesFree: share,
    connections: share,
    memory: share,
  } satisfies Entries<Environment['alarms']>),
  proveBeforeDeploy: v.exactOptional(boolean),
  diskReserve: bytes,
  memoryReserve: bytes,
} satisfies Entries<Environment>)

const edge = settings({
  kind: v.literal('edge', 'edge'),
  name,
  directory: path,
  project,
  image: pinnedTag,
  ports: settings({ http: port, https: port }),
  environments: v.array(name),
  backendPaths: v.array(text('a path that begins with /', /^\/\S*$/)),
  hsts: milliseconds,
  expiryWarning: milliseconds,
  rules: v.array(v.string('a rule of HAProxy')),
  timeouts: settings({
    pull: milliseconds,
    ready: milliseconds,
    request: milliseconds,
    drain: milliseconds,
  } satisfies Entries<Edge['timeouts']>),
} satisfies Entries<Edge>)

const isEdge = (given: unknown): boolean => (given as { kind?: unknown } | undefined)?.kind === 'edge'

/**
 * The settings in a file's default export.
 * @throws Problems with exit code 2 that name every setting that is wrong, what was expected and what was given.
 */
export function checkSettings(file: string, given: unknown): Environment | Edge {
  const schema: v.GenericSchema<unknown, Environment | Edge> = isEdge(given) ? edge : environment
  const { success, output, issues } = v.safeParse(schema, given)
  if (success) return output
  const title = `${file} is wrong in ${count(issues.length, 'setting')}`
  throw new Problems(title, issues.map(problemOf), exitCodes.usage)
}

function problemOf(issue: v.BaseIssue<unknown>): Problem {
  const where = v.getDotPath(issue) ?? 'its default export'
  if (issue.expected === 'never') return { what: `${where}: there is no such setting` }
  if (issue.input === undefined) return { what: `${where} is missing` }
  const expected = containers[issue.type] ?? issue.message
  return { what: `${where}: ${expected} was expected, ${called(issue.input)} was given` }
}

/** How the kinds that have no words of their own are called. */
const containers: Readonly<Record<string, string>> = {
  object_with_rest: 'an object',
  record: 'an object',
  array: 'a list',
}

const called = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? 'a list'
      : 'an object'
    : shown(`${value}`)
