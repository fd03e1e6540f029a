import type { Route } from '../base/http.ts'
import type { Bytes, Milliseconds, Share } from '../base/units.ts'

/** The two sets of containers that take turns in serving users. */
export type Colour = 'blue' | 'green'
export const colours = ['blue', 'green'] as const
export const otherColour = (colour: Colour): Colour => (colour === 'blue' ? 'green' : 'blue')

/** What a release consists of: each has one image and one container in each colour. */
export type Part = 'backend' | 'frontend'
export const parts = ['backend', 'frontend'] as const

/** One request that must be answered as described, or the release is not fit for users. */
export interface SmokeTest {
  /** Who is asked. */
  readonly part: Part
  /** A path below its port, with a query where needed. */
  readonly path: string
  /** The expected status, 200 unless told. */
  readonly status?: number
  /** Members that the JSON answer must have with exactly these values. */
  readonly json?: Readonly<Record<string, string | number | boolean>>
  /** Text that the answer must contain. */
  readonly contains?: string
}

/** A variable of `.env.<name>` and the services that are given it. Nobody else sees it. */
export interface Secret {
  /** Nobody: the toolkit alone reads it. */
  readonly services: readonly ('backend' | 'db')[]
  /** The name that the service knows it by, where that differs. */
  readonly as?: string
  /** An optional one may be missing; the others must be there and be no placeholder. */
  readonly optional?: boolean
  /** The variable that CI has it in: `PRODUCTION_DB_PASSWORD`. */
  readonly variable?: string
  /** With fewer characters it could be guessed. */
  readonly leastLength?: number
}

/** Everything that differs between environments. */
export interface Environment {
  /** An application, unless told: the TLS edge in front of all of them is `kind: 'edge'`. */
  readonly kind?: 'application'
  /** What `-e` and `.env.<name>` say. */
  readonly name: string
  /** The environment's directory on the VPS, for example `/home/tracehub/production`. */
  readonly directory: string
  /** The compose project: containers, networks and volumes carry this name. */
  readonly project: string
  /** Ends the containers' names: `tracehub-db-prod`. */
  readonly suffix: string
  /** Where users find it. */
  readonly domain: string
  /** The branch whose images are deployed when no tag is given. */
  readonly branch: string
  /**
   * `blue-green`: the whole candidate starts at once; after the switch its stability is watched.
   * `rolling`: service by service beside the old one; old images are cleaned at the end.
   */
  readonly strategy: 'blue-green' | 'rolling'
  /**
   * Another environment on this machine, in which the same images are to have been live before. `demand` refuses
   * what was not; `warn` says so and goes on.
   */
  readonly provedOn?: { readonly environment: string; readonly otherwise: 'warn' | 'demand' }
  /** Ask a person on a terminal before changing anything. */
  readonly confirm: boolean
  /** Try pending migrations on the newest backup, restored beside the live database, before anything is changed. */
  readonly rehearse: boolean
  /** Published on 127.0.0.1: the proxy's for the parts, PostgreSQL's own. */
  readonly ports: Readonly<Record<Part | 'database', number>>
  /** Image names without a tag for the parts; with a pinned tag for the services that stay. */
  readonly images: Readonly<Record<Part | 'database' | 'proxy', string>>
  /**
   * How the backend's migration files are named, or `off`: `YYYYMMDD`, `HHMM`, `NNNN`, `{revision}` and
   * `{description}` in the order that they have. `YYYYMMDD_HHMM_{revision}_{description}` unless told.
   */
  readonly naming?: string
  /** Where `--build` finds the sources, relative to the toolkit's directory. */
  readonly sources: Readonly<Record<Part, string>>
  /** PostgreSQL's database and its owner. */
  readonly database: {
    /** What it is called. */
    readonly name: string
    /** The role that owns it; the application logs in as roles of its own, `<user>_app_1` and `_2`, and acts as this one. */
    readonly user: string
    /** Whether it is PostgreSQL's superuser as well, for an application that cannot do without; else the toolkit alone is. */
    readonly superuser?: boolean
    /** The table with the schema's revision; found by itself unless several of Alembic's tables are in the database. */
    readonly versionTable?: string
  }
  /** The variables of `.env.<name>`. */
  readonly secrets: Readonly<Record<string, Secret>>
  /** Asked of a candidate, of the live version on the new schema, and at the users' ports. */
  readonly smokeTests: readonly SmokeTest[]
  /** Addresses asked from outside at the very end. */
  readonly externalChecks: readonly string[]
  /** How they are reached where the domain leads elsewhere, as before a move: like curl's --connect-to and --cacert. */
  readonly externalAccess?: Route
  /** After so long a step has failed. */
  readonly timeouts: {
    /** Fetching the images. */
    readonly pull: Milliseconds
    /** The dump before a deploy. */
    readonly backup: Milliseconds
    /** From `up` until every container of a colour is healthy. */
    readonly healthy: Milliseconds
    /** `alembic upgrade head`, or a downgrade. */
    readonly migrate: Milliseconds
    /** One smoke test or external check. */
    readonly request: Milliseconds
    /** How long requests in flight may take to finish before the old colour is stopped anyway. */
    readonly drain: Milliseconds
  }
  /** How long the new version is watched with real users on it. */
  readonly stability: Milliseconds
  /** How much is kept. */
  readonly retention: {
    /** With all that a rollback to them needs. */
    readonly releases: number
    /** The newest, without those of deploys and rollbacks. */
    readonly backups: number
    /** The newest that were made before a deploy or a rollback; as many as `backups` unless told. */
    readonly preDeploy?: number
    /** The newest backup of each of so many days. */
    readonly daily?: number
    /** Of so many weeks. */
    readonly weekly?: number
    /** Of so many months. */
    readonly monthly?: number
    /** Of the copies elsewhere; as here unless told. */
    readonly offsite?: {
      readonly last: number
      readonly daily?: number
      readonly weekly?: number
      readonly monthly?: number
    }
  }
  /** How long what is no longer needed stays before `cleanup` takes it. */
  readonly windows: {
    /** Files of `logs/`, and the logs of runs. */
    readonly logs: Milliseconds
    /** The stopped colour, which makes a rollback instant; its images stay for as long as a release needs them. */
    readonly standby: Milliseconds
    /** Databases that a rollback replaced, `<name>_before_<stamp>`. */
    readonly databases: Milliseconds
    /** A dump that is plain SQL is compressed when it is older than this. */
    readonly compress: Milliseconds
  }
  /** From where on `status` calls something wrong. */
  readonly alarms: {
    /** Age of the newest backup. */
    readonly backup: Milliseconds
    /** Time since the last one was proved by restoring it. */
    readonly proof: Milliseconds
    /** Time until a certificate ends. */
    readonly certificate: Milliseconds
    /** Less than this of the disk's space is free. */
    readonly diskFree: Share
    /** Less than this of its inodes is free. */
    readonly inodesFree: Share
    /** More than this of the database's connections is in use. */
    readonly connections: Share
    /** A container uses more than this of its memory limit. */
    readonly memory: Share
  }
  /** Whether the backup before a deploy is also proved by restoring it: it takes as long again and more. */
  readonly proveBeforeDeploy?: boolean
  /** What a deploy needs free on disk besides the size of a dump. */
  readonly diskReserve: Bytes
  /** What a candidate needs free in memory. */
  readonly memoryReserve: Bytes
}

/** What the lock, the log and the commands of a run need to know of where it works. */
export type Place = Pick<Environment, 'name' | 'directory' | 'project'>
