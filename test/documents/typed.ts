import { randomBytes } from 'node:crypto'

/**
 * The README's commands, and what comes of each when a new user types it. What cannot be typed in the sandbox says why;
 * a command that the README gains or loses fails until this file knows of it.
 */

export type Before = 'there is a backup of that name' | 'the secrets are lost' | 'v3 is live'

export interface Typed {
  /** The exit codes that are right; 0 unless told. */
  readonly codes?: readonly number[]
  readonly says?: RegExp
  /** What must be so before. */
  readonly before?: Before
  /** Variables that CI has. */
  readonly given?: Readonly<Record<string, string>>
  /** It goes on for ever: Ctrl-C when it has said that. */
  readonly endless?: true
}
export type Left = { readonly notRun: string }

const outAndIn = 'is what runs this test, or would run in it'
const example = (of: string): Left => ({ notRun: `${of} is an example` })

const strong = (): string => randomBytes(24).toString('hex')
const ciSecrets = {
  PRODUCTION_DB_PASSWORD: strong(),
  PRODUCTION_JWT_SECRET: strong(),
  VIZION_API_KEY: strong(),
  DEMO_PASSWORD: strong(),
}
/** `--image` is what the tests of migrate-check use. */
const oldAlchemy: Left = { notRun: "Debian 12's SQLAlchemy is too old for the stand-in" }

/** What stands in the blocks. Two blocks may begin alike: then the same holds for both. */
export const typed: Readonly<Record<string, Typed | Left>> = {
  'make demo': { notRun: outAndIn },
  'make test': { notRun: outAndIn },
  'mkdir -p /home/tracehub/production': {},
  'cp -n environments/.env.production.example /home/tracehub/production/.env.production': {},
  'chmod 600 /home/tracehub/production/.env.production': {},
  'nano /home/tracehub/production/.env.production': {},
  'npm ci': {},
  'npx tsx scripts/adopt.ts -e production --from docker-compose.prod.yml --plan':
    example('that Compose file'),
  'npx tsx scripts/deploy.ts -e production --dry-run': { says: /main/ },
  'npx tsx scripts/deploy.ts -e production': {},
  'npx tsx scripts/deploy.ts -e production --attach': { says: /nothing to do/ },
  'npx tsx scripts/backup.ts -e production --verify': { says: /verified/ },
  'npx tsx scripts/backup.ts -e production --list': { says: /backup_\d{8}_\d{6}\.sql/ },
  'npx tsx scripts/rollback.ts -e production -t database': {},
  'npx tsx scripts/rollback.ts -e production -t database -b backups/backup_20260103_120000.sql': {
    before: 'there is a backup of that name',
  },
  'npx tsx scripts/secrets.ts check -e production': {},
  'npx tsx scripts/secrets.ts rotate all -e production': {},
  'npx tsx scripts/secrets.ts recover -e production': {
    before: 'the secrets are lost',
  },
  'npx tsx scripts/secrets.ts render -e production': {
    given: ciSecrets,
    says: /DB_PASSWORD/,
  },
  'mkdir -p /home/tracehub/shared': {},
  'npx tsx scripts/deploy.ts -e shared': {},
  'npx tsx scripts/maintenance.ts -e production --on': {},
  'docker logs -f tracehub-edge-blue': { endless: true, says: /Loading success/ },
  'npx tsx scripts/status.ts': { codes: [0, 1], says: /production/ },
  'npx tsx scripts/status.ts -e production --watch': { endless: true, says: /production/ },
  'npx tsx scripts/status.ts history -e production': { says: /rollback/ },
  'npx tsx scripts/cleanup.ts -e production --dry-run': {},
  'npx tsx scripts/migrate-check.ts --backend tracehub/backend': oldAlchemy,
  'npx tsx scripts/migrate-check.ts --changed-since origin/main': oldAlchemy,
  'npx tsx scripts/migrate-check.ts --backend tracehub/backend --from-backup backup.sql': oldAlchemy,
  'make migrate-check': {},
  'make sandbox-up': { says: /sandbox is up/ },
  'make sandbox-down': { notRun: 'the tests after this one need what it removes' },
  'npx tsx scripts/deploy.ts -e production --tag v2': {},
}

/** What stands in the text and in the tables, where no block has it; in an order in which each makes sense. */
export const inText: Readonly<Record<string, Typed | Left>> = {
  'make picture': { notRun: outAndIn },
  'npx tsx scripts/deploy.ts -e staging --tag …': example('the tag'),
  './scripts/deploy.ts -e production': {},
  'npx tsx scripts/deploy.ts -e production --build': {},
  'npx tsx scripts/deploy.ts -e production --accept-found': {},
  'npx tsx scripts/rollback.ts -e production -t deployment': {},
  'npx tsx scripts/rollback.ts -e production --list': { says: /^\* live/m },
  'npx tsx scripts/enter.ts superuser -e production': {}, // its input ends at once
  'npx tsx scripts/status.ts -e production': { codes: [0, 1], says: /production/ },
  'npx tsx scripts/rollback.ts -e production -t database -b backup_20260103_120000.sql':
    example('that backup'),
  'make deploy-production TAG=main-3f1c9a0': {},
  // The version that is live needs the column which goes: so it comes back, and the way out is named.
  'npx tsx scripts/rollback.ts -e production -t migration': { codes: [4], says: /--with-migrations/ },
  'make rollback E=production': { before: 'v3 is live' },
  'make rollback E=production TO=12': example('release 12'),
  'npx tsx scripts/rollback.ts -e production -t migration [--steps 2 | --to <revision>]':
    example('--steps 2'),
  'npx tsx scripts/backup.ts -e production': {},
  'make secrets-rotate E=production': {},
  'npx tsx scripts/backup.ts -e production --drill': { says: /recovery/ },
  'make rollback-db E=production ARGS=--emergency-backup': {},
  'npx tsx scripts/rollback.ts -e production -t database [-b FILE]': example('[-b FILE]'),
  'npx tsx scripts/repair.ts -e production': {},
  'make repair E=production': {},
  'make repair E=production ARGS=--wait': {},
  'npx tsx scripts/cleanup.ts -e production': {},
  'make cleanup E=production': {},
  'npx tsx scripts/status.ts -e production --db': { codes: [0, 1], says: /largest|tables/ },
  'make status': { codes: [0, 2], says: /production/ },
  'npx tsx scripts/enter.ts psql -e production': {}, // its input ends at once
  'make logs E=staging': { notRun: 'staging is not up in this test' },
  'npx tsx scripts/deploy.ts --help': { says: /--dry-run/ },
  'make help': { says: /make deploy-production/ },
  'make reference': {},
  'npx tsx scripts/deploy.ts -e <staging|production>': example('<staging|production>'),
  'make campaign': { notRun: outAndIn },
  'make chaos': { notRun: 'it takes hours: chaos.test runs a short one' },
  'make bench': { notRun: 'it takes most of an hour, and proves nothing on a busy machine' },
  'make test-unit': { notRun: outAndIn },
  'make check': { notRun: outAndIn },
}

/** Needs a certificate authority that knows the domain: the edge's own tests renew certificates. */
export const ofOthers = /^(certbot|acme\.sh) /
