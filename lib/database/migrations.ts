import { exitCodes, Failure } from '../base/failure.ts'
import { redact } from '../base/redact.ts'
import { commandFailed, type Ran, type RunOptions } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { readInImage, withAlembicsPython } from '../docker/image-reading.ts'
import { type Project, serviceOf } from '../docker/project.ts'
import type { Colour } from '../environment/environment.ts'
import type { PinnedImage } from '../environment/releases.ts'
import { databaseUrl, readSecrets, serviceVariables } from '../environment/secrets.ts'
import type { Site } from '../proxy/site.ts'
import { untilLetIn } from './connections.ts'
import { type Revision, schemaRevision, showRevision } from './database.ts'
import { adviceAfter } from './migration-advice.ts'
import { parseHistory, type RevisionGraph } from './revision-graph.ts'

/** The same without `revision_environment`, with which it runs env.py: that wants a database. */
const historyAlone = [
  "import sys; '' in sys.path and sys.path.remove('')", // the backend's own directory alembic is not the package
  'from alembic import config',
  'for name in ("get_main_option", "get_alembic_option"):',
  '    own = getattr(config.Config, name, None)',
  '    if own:',
  '        setattr(config.Config, name, lambda self, key, *more, own=own, **named:',
  '            None if key == "revision_environment" else own(self, key, *more, **named))',
  'config.main(argv=["history"], prog="alembic")',
].join('\n')

/**
 * The migrations that an image contains. Where they cannot be read otherwise, with the backend's settings: a revision's
 * file may import the application, which wants them.
 * @throws Failure when Alembic cannot read them.
 */
export async function migrationsOf(
  { environment, run: { signal } }: Pick<Site, 'environment' | 'run'>,
  image: PinnedImage,
): Promise<RevisionGraph> {
  const command = ['alembic', 'history']
  const first = await readInImage(image, command, { signal })
  const again = first.ok
    ? first
    : await readInImage(image, withAlembicsPython(historyAlone), {
        signal,
        env: serviceVariables(environment, readSecrets(environment).secrets).backend,
      })
  const graph = parseHistory(again.stdout)
  if (again.ok && graph.heads.length > 0) return graph
  if (isMissing(first) && isMissing(again))
    throw new Failure({
      what: `the migrations in ${image} cannot be read: neither alembic nor a python3 is on its PATH`,
      fix: 'set PATH in its Dockerfile (ENV PATH=…): an entrypoint, which may set it, is never run for migrations',
    })
  throw new Failure({
    what: `the migrations in ${image} cannot be read`,
    // Alembic prints its own complaints, `FAILED: …`, on standard output (alembic.util.messaging).
    detail: redact(lastLines(again.stderr.trim() || again.stdout, 8)) || commandFailed(command, again).what,
    fix: 'run `alembic history` in tracehub/backend and mend what it complains about',
  })
}

/** A program that is not there has not begun anything: an engine, an init and a shell end with these codes then. */
export const isMissing = ({ code }: Ran): boolean => code === 126 || code === 127

/** The same as the program, where an image has Alembic as a module alone. */
export const asModule = (words: readonly string[]): string[] => [
  ...withAlembicsPython(
    "import sys; '' in sys.path and sys.path.remove(''); from alembic.config import main; main(prog='alembic')",
  ),
  ...words,
]

/**
 * Runs Alembic with a colour's image. It logs in as the owner itself and not as the application, whose connections are
 * limited: no version can take them all.
 */
async function alembic(
  project: Project,
  colour: Colour,
  words: readonly string[],
  options: RunOptions,
): Promise<Ran> {
  const { environment } = project
  const { DB_PASSWORD: password, DATABASE_URL: theirs } = readSecrets(environment).secrets
  const url =
    password === undefined || theirs !== undefined
      ? undefined
      : databaseUrl(environment, environment.database.user, password)
  const env = url === undefined ? {} : { env: { DATABASE_URL: url } }
  const run = (command: readonly string[]): Promise<Ran> =>
    untilLetIn(() => project.runOnce(serviceOf('backend', colour), command, { ...options, ...env }))
  const ran = await run(['alembic', ...words])
  return isMissing(ran) ? run(asModule(words)) : ran
}

/** `alembic upgrade head` with a colour's image. @throws Failure with the end of what Alembic printed. */
export async function upgrade(project: Project, colour: Colour, timeout: number): Promise<void> {
  const ran = await alembic(project, colour, ['upgrade', 'head'], {
    timeout,
    keep: 'end',
  })
  if (!ran.ok)
    throw new Failure({
      what: 'the database migrations failed',
      detail: redact(lastLines(ran.stderr || ran.stdout, 12)),
      fix: adviceAfter(
        ran.stderr + ran.stdout,
        project.environment.name,
        'mend the migration, build again and deploy',
      ),
    })
}

/**
 * Takes the schema back with a colour's image: the newer one, which alone knows the revisions to leave.
 * @throws Failure with exit code 5 when the schema is not at `revision` afterwards.
 */
export async function downgrade(
  project: Project,
  colour: Colour,
  image: string,
  revision: Revision,
  timeout: number,
): Promise<void> {
  if ((await schemaRevision(project)) === revision) return
  const target = revision ?? 'base'
  const ran = await alembic(project, colour, ['downgrade', target], {
    timeout,
    keep: 'end',
  })
  const now = await schemaRevision(project)
  if (ran.ok && now === revision) return
  throw new Failure(
    {
      what: `the schema is at ${showRevision(now)} and could not be taken back to ${showRevision(revision)}`,
      detail: redact(lastLines(ran.stderr || ran.stdout, 8)),
      fix: [
        'the live version was tested on the new schema or may not work on it: look at it first, then either deploy a version that fits,',
        `or take the schema back by hand with ${image}, which knows both revisions:`,
        byHand(project, colour, image, `downgrade ${target}`),
      ].join('\n'),
    },
    exitCodes.needsPerson,
  )
}

/**
 * `alembic downgrade` with a colour's image.
 * @throws Failure with the end of what Alembic printed, also where it says that all is well and the revision is another.
 */
export async function downgradeTo(
  project: Project,
  colour: Colour,
  revision: Revision,
  timeout: number,
): Promise<void> {
  const target = revision ?? 'base'
  const ran = await alembic(project, colour, ['downgrade', target], {
    timeout,
    keep: 'end',
  })
  const now = await schemaRevision(project)
  if (ran.ok && now === revision) return
  throw new Failure({
    what: `the schema could not be taken back to ${showRevision(revision)}: it is at ${showRevision(now)}`,
    detail: redact(lastLines(ran.stderr || ran.stdout, 12)),
    fix: adviceAfter(
      ran.stderr + ran.stdout,
      project.environment.name,
      'mend the downgrade, or restore a backup: rollback.ts -t database',
    ),
  })
}

/**
 * Takes the schema forward again after a rollback of it that did not come to its end.
 * @throws Failure with exit code 5 when the schema is not at `revision` afterwards.
 */
export async function upgradeAgain(
  project: Project,
  colour: Colour,
  image: string,
  revision: string,
  timeout: number,
): Promise<void> {
  const ran = await alembic(project, colour, ['upgrade', revision], {
    timeout,
  })
  const now = await schemaRevision(project)
  if (ran.ok && now === revision) return
  throw new Failure(
    {
      what: `the schema is at ${showRevision(now)} and could not be taken forward to ${revision} again`,
      detail: redact(lastLines(ran.stderr || ran.stdout, 8)),
      fix: byHand(project, colour, image, `upgrade ${revision}`),
    },
    exitCodes.needsPerson,
  )
}

/** The command for a person, with the image that knows both revisions, and not by way of its entrypoint. */
const byHand = ({ environment }: Project, colour: Colour, image: string, words: string): string =>
  `docker run --rm --network ${environment.project}_${colour} --env-file ${environment.directory}/.env.backend --entrypoint alembic ${image} ${words}`
