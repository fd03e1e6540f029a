import * as v from 'valibot'
import { exitCodes, type Problem, Problems } from '../base/failure.ts'
import { count, shown } from '../base/text.ts'
import type { Edge, Environment } from './environment.ts'

/**
 * What the settings files must hold, looked at when they are loaded: a file in TypeScript may say `any`, or a word too
 * much. The settings' types and their reference in environments/README.md are made from this.
 */

const text = (expected: string, form = /^.+$/s) => v.pipe(v.string(expected), v.regex(form, expected))
const number = (expected: string, least: number, most = Number.MAX_VALUE) =>
  v.pipe(v.number(expected), v.minValue(least, expected), v.maxValue(most, expected))
const whole = (expected: string, least: number, most?: number) =>
  v.pipe(number(expected, least, most), v.integer(expected))
const oneOf = <const T extends readonly string[]>(words: T) => v.picklist(words, words.join(' or '))
const boolean = v.boolean('true or false')
/** Unlike strictObject it names each word too much, and not the first alone. */
const settings = <E extends v.ObjectEntries>(entries: E) =>
  v.objectWithRest(entries, v.never()) as unknown as v.ObjectSchema<E, undefined> // its output has no other words

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

const status = whole('an HTTP status', 100, 599)
const texts = v.record(v.string(), v.string('a text'))

/**
 * One request that must be answered as described, or the release is not fit for users. `{{NAME}}` in its path, headers and
 * body stands for what another test keeps of its answer, or for a variable of `.env.<name>`.
 */
export const smokeTest = settings({
  /** Who is asked. */
  part,
  /** A path below its port, with a query where needed. */
  path: text('a path that begins with /', /^\/\S*$/),
  /** GET unless told, and POST where there is a body. Whatever it changes, it changes on the live database. */
  method: v.exactOptional(oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])),
  /** Of the request. */
  headers: v.exactOptional(texts),
  /** Sent as it is; an object is sent as JSON. */
  body: v.exactOptional(v.union([v.string(), v.record(v.string(), v.unknown())], 'a text, or an object')),
  /** The expected status, or any of several; 200 unless told. */
  status: v.exactOptional(v.union([status, v.array(status)], 'an HTTP status, or a list of them')),
  /** Members that the JSON answer must have with exactly these values; `data.0.id` is one of a member's. */
  json: v.exactOptional(
    v.record(v.string(), v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false')),
  ),
  /** Names for members of the JSON answer, by which other tests use them: `{ TOKEN: 'access_token' }`. */
  keep: v.exactOptional(texts),
  /** Text that the answer must contain. */
  contains: v.exactOptional(text('a text')),
})

/** A variable of `.env.<name>` and the services that are given it. Nobody else sees it. */
export const secret = settings({
  /** Nobody: the toolkit alone reads it. */
  services: v.array(oneOf(['backend', 'db'])),
  /** The name that the service knows it by, where that differs. */
  as: v.exactOptional(variable),
  /** An optional one may be missing; the others must be there and be no placeholder. */
  optional: v.exactOptional(boolean),
  /** The variable that CI has it in: `PRODUCTION_DB_PASSWORD`. */
  variable: v.exactOptional(variable),
  /** With fewer characters it could be guessed. */
  leastLength: v.exactOptional(amount),
})

/** Another way to a host than its name: like curl's --connect-to and --cacert. */
export const route = settings({
  /** A name or an IP address. */
  address: text('a name or an IP address'),
  /** A TCP port. */
  port,
  /** A file with certificates (PEM) that are trusted instead of the system's. */
  ca: v.exactOptional(text('a file')),
})

const generations = {
  /** The newest backup of each of so many days. */
  daily: v.exactOptional(amount),
  /** Of so many weeks. */
  weekly: v.exactOptional(amount),
  /** Of so many months. */
  monthly: v.exactOptional(amount),
}

/** Everything that differs between environments. */
export const environment = settings({
  /** An application, unless told: the TLS edge in front of all of them is `kind: 'edge'`. */
  kind: v.exactOptional(v.literal('application', 'application')),
  /** What `-e` and `.env.<name>` say. */
  name,
  /** The environment's directory on the VPS, for example `/home/tracehub/production`. */
  directory: path,
  /** The compose project: containers, networks and volumes carry this name. */
  project,
  /** Ends the containers' names: `tracehub-db-prod`. */
  suffix: text('lower-case letters, digits, - and _', /^[a-z0-9][a-z0-9_.-]*$/),
  /** Where users find it. */
  domain: text('a host name', /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/),
  /** The branch whose images are deployed when no tag is given. */
  branch: text('the name of a branch', /^[^\s~^:?*[\\]+$/),
  /**
   * `blue-green`: the whole candidate starts at once; after the switch its stability is watched.
   * `rolling`: service by service beside the old one; old images are cleaned at the end.
   */
  strategy: oneOf(['blue-green', 'rolling']),
  /**
   * Another environment on this machine, in which the same images are to have been live before. `demand` refuses
   * what was not; `warn` says so and goes on.
   */
  provedOn: v.exactOptional(settings({ environment: name, otherwise: oneOf(['warn', 'demand']) })),
  /** Ask a person on a terminal before changing anything. */
  confirm: boolean,
  /** Try pending migrations on the newest backup, restored beside the live database, before anything is changed. */
  rehearse: boolean,
  /** Published on 127.0.0.1: the proxy's for the parts, PostgreSQL's own. */
  ports: settings({ backend: port, frontend: port, database: port }),
  /** Image names without a tag for the parts; with a pinned tag for the services that stay. */
  images: settings({ backend: untagged, frontend: untagged, database: pinnedTag, proxy: pinnedTag }),
  /**
   * How the backend's migration files are named, or `off`: `YYYYMMDD`, `HHMM`, `NNNN`, `{revision}` and
   * `{description}` in the order that they have. `YYYYMMDD_HHMM_{revision}_{description}` unless told.
   */
  naming: v.exactOptional(text('a pattern, or off')),
  /** Where `--build` finds the sources, relative to the toolkit's directory. */
  sources: settings({ backend: text('a path'), frontend: text('a path') }),
  /** PostgreSQL's database and its owner. */
  database: settings({
    /** What it is called. */
    name: text('the name of a database, of at most 63 characters', /^[^\0]{1,63}$/),
    /** The role that owns it; the application logs in as roles of its own, `<user>_app_1` and `_2`, and acts as this one. */
    user: text('the name of a role, of at most 63 characters', /^[^\0]{1,63}$/),
    /** Whether it is PostgreSQL's superuser as well, for an application that cannot do without; else the toolkit alone is. */
    superuser: v.exactOptional(boolean),
    /** The table with the schema's revision; found by itself unless several of Alembic's tables are in the database. */
    versionTable: v.exactOptional(text('the name of a table')),
  }),
  /** The variables of `.env.<name>`. */
  secrets: v.record(variable, secret),
  /** Asked of a candidate, of the live version on the new schema, and at the users' ports. */
  smokeTests: v.array(smokeTest),
  /** Addresses asked from outside at the very end. */
  externalChecks: v.array(url),
  /** How they are reached where the domain leads elsewhere, as before a move: like curl's --connect-to and --cacert. */
  externalAccess: v.exactOptional(route),
  /** After so long a step has failed. */
  timeouts: settings({
    /** Fetching the images. */
    pull: milliseconds,
    /** The dump before a deploy. */
    backup: milliseconds,
    /** From `up` until every container of a colour is healthy. */
    healthy: milliseconds,
    /** `alembic upgrade head`, or a downgrade. */
    migrate: milliseconds,
    /** One smoke test or external check. */
    request: milliseconds,
    /** How long requests in flight may take to finish before the old colour is stopped anyway. */
    drain: milliseconds,
  }),
  /** How long the new version is watched with real users on it. */
  stability: milliseconds,
  /** How much is kept. */
  retention: settings({
    /** With all that a rollback to them needs. */
    releases: whole('a whole number of 1 or more', 1),
    /** The newest, without those of deploys and rollbacks. */
    backups: whole('a whole number of 1 or more', 1),
    /** The newest that were made before a deploy or a rollback; as many as `backups` unless told. */
    preDeploy: v.exactOptional(amount),
    ...generations,
    /** Of the copies elsewhere; as here unless told. */
    offsite: v.exactOptional(settings({ last: amount, ...generations })),
  }),
  /** How long what is no longer needed stays before `cleanup` takes it. */
  windows: settings({
    /** Files of `logs/`, and the logs of runs. */
    logs: milliseconds,
    /** The stopped colour, which makes a rollback instant; its images stay for as long as a release needs them. */
    standby: milliseconds,
    /** Databases that a rollback replaced, `<name>_before_<stamp>`. */
    databases: milliseconds,
    /** A dump that is plain SQL is compressed when it is older than this. */
    compress: milliseconds,
  }),
  /** From where on `status` calls something wrong. */
  alarms: settings({
    /** Age of the newest backup. */
    backup: milliseconds,
    /** Time since the last one was verified by restoring it. */
    proof: milliseconds,
    /** Time until a certificate ends. */
    certificate: milliseconds,
    /** Less than this of the disk's space is free. */
    diskFree: share,
    /** Less than this of its inodes is free. */
    inodesFree: share,
    /** More than this of the database's connections is in use. */
    connections: share,
    /** A container uses more than this of its memory limit. */
    memory: share,
  }),
  /** Whether the backup before a deploy is also verified by restoring it: it takes as long again and more. */
  proveBeforeDeploy: v.exactOptional(boolean),
  /** What a deploy needs free on disk besides the size of a dump. */
  diskReserve: bytes,
  /** What a candidate needs free in memory. */
  memoryReserve: bytes,
})

/** The TLS edge: one HAProxy on 80 and 443 in front of all environments. */
export const edge = settings({
  /** Told from an application by it. */
  kind: v.literal('edge', 'edge'),
  /** What `-e` says. */
  name,
  /** Its directory on the VPS; the certificates are in `ssl` below it. */
  directory: path,
  /** The compose project: the containers carry this name. */
  project,
  /** With a pinned tag; what it means is looked up once. */
  image: pinnedTag,
  /** On every address of the machine. */
  ports: settings({ http: port, https: port }),
  /** The environments that are served, each by its domain. */
  environments: v.array(name),
  /** Paths that begin like this go to an environment's backend port, all others to its frontend port. */
  backendPaths: v.array(text('a path that begins with /', /^\/\S*$/)),
  /** How long browsers remember that there is TLS here (HSTS). */
  hsts: milliseconds,
  /** Certificates that expire sooner than this are warned of. */
  expiryWarning: milliseconds,
  /** HAProxy rules of your own, evaluated before ours: `http-request deny if { src 192.0.2.0/24 }`. */
  rules: v.array(v.string('a rule of HAProxy')),
  /** After so long a step has failed. */
  timeouts: settings({
    /** Fetching the image. */
    pull: milliseconds,
    /** From the start of a container until it answers. */
    ready: milliseconds,
    /** One smoke test. */
    request: milliseconds,
    /** How long the process before the last may take to finish its requests, if it still does. */
    drain: milliseconds,
  }),
})

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

function called(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : shown(`${value}`)
}
