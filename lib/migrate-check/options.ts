import { existsSync, readFileSync } from 'node:fs'
import { Problems, UsageError } from '../base/failure.ts'
import { readIfThere } from '../base/files.ts'
import { commonOptions, type Options, type Parsed, value } from '../base/options.ts'
import { shown } from '../base/text.ts'
import { readComposeState } from '../environment/directory.ts'
import { parseEnvFile } from '../environment/env-file.ts'
import type { Environment } from '../environment/environment.ts'
import { environmentNames, loadEnvironment } from '../environment/settings.ts'
import { usual } from './check.ts'
import { type Naming, parseNaming } from './naming.ts'
import type { Place } from './python.ts'

export const options = {
  backend: value('<directory>', 'where alembic.ini is (default: tracehub/backend, or here)'),
  image: value('<ref>', "run Alembic in this image; without --backend, on the image's own migrations"),
  python: value('<path>', 'the Python that has Alembic (default: .venv/bin/python, or python3)'),
  config: value('<file>', `relative to the backend (default: ${usual.config})`),
  settings: value('<file>', 'settings that env.py needs; DATABASE_URL is always the scratch database'),
  'database-url': value(
    '<url>',
    'a PostgreSQL for scratch databases (default: one of its own for the check)',
  ),
  'postgres-image': value('<ref>', "of the throwaway container (default: the environment's, or postgres:17)"),
  irreversible: value('<file>', `what is meant to be irreversible (default: ${usual.irreversible})`),
  environment: {
    ...value('<name>', 'whose settings name the files, and whose backups --from-backup latest means'),
    short: 'e',
  },
  host: commonOptions.host,
  'from-backup': value('<file|latest>', 'rehearse: apply what is pending to a restored backup'),
  'changed-since': value('<git ref>', 'report only what was changed since; what that version uses must stay'),
  all: { type: 'flag', describe: 'report on the whole history (the default)' },
  json: { type: 'flag', describe: 'print one object of JSON' },
  verbose: { type: 'flag', short: 'v', describe: 'show notes as well' },
} as const satisfies Options

export type Given = Parsed<typeof options>

/** Of the throwaway container. */
export function postgresImage(given: Given, environment?: Environment): string {
  const own = environment && (readComposeState(environment)?.database.image ?? environment.images.database)
  return given['postgres-image'] ?? process.env['MIGRATE_CHECK_POSTGRES'] ?? own ?? 'postgres:17'
}

/** How revision files are named: as the environment's settings say, or the first settings that say anything. */
export async function namingOf({ environment }: Given): Promise<Naming | undefined> {
  const names = environment === undefined ? await environmentNames() : [environment]
  const all = await Promise.all(names.map(loadEnvironment))
  return parseNaming(all.find(({ naming }) => naming !== undefined)?.naming)
}

/** Where Alembic runs. */
export function placeOf({ image, python, settings: file }: Given, backend: string | undefined): Place {
  if (file === undefined) return { backend, image, python, variables: {} }
  if (!existsSync(file)) throw new UsageError(`--settings ${shown(file)} is not here`)
  const { values: variables, problems } = parseEnvFile(readFileSync(file, 'utf8'), file)
  if (problems.length > 0) throw new Problems(`${file} cannot be used`, problems, 2)
  return { backend, image, python, variables }
}

/** The backend's directory; undefined where the image brings its own. */
export function backendOf({ backend, image }: Given): string | undefined {
  if (backend === undefined && image !== undefined) return undefined
  const isHere = existsSync(usual.config) || readIfThere('pyproject.toml')?.includes('[tool.alembic')
  const directory = backend ?? (isHere ? '.' : 'tracehub/backend')
  if (existsSync(directory)) return directory
  throw new UsageError(
    `${shown(directory)} is not here`,
    "name the backend's directory, or an image of it: --backend <directory>, --image <ref>",
  )
}
