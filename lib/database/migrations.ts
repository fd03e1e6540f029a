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
    fix: 'run `alembic history` in tracehub/backend and fix what it complains about',
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
 * @returns what it did; `said`, the end of what it printed
 */
async function alembic(project: Project, colour: Colour, words: readonly string[]) {
  const { environment } = project
  const { DB_PASSWORD: password, DATABASE_URL: theirs } = readSecrets(environment).secrets
  const isOurs = password !== undefined && theirs === undefined
  const env = isOurs && { DATABASE_URL: databaseUrl(environment, environment.database.user, password) }
  const options: RunOptions = { timeout: environment.timeouts.migrate, keep: 'end', ...(env && { env }) }
  const run = (command: readonly string[]): Promise<Ran> =>
    untilLetIn(() => project.runOnce(serviceOf('backend', colour), command, options))
  const first = await run(['alembic', ...words])
  const { ok, stdout, stderr } = isMissing(first) ? await run(asModule(words)) : first
  const said = (lines: number): string => redact(lastLines(stderr.trim() || stdout, lines))
  const advice = (otherwise: string): string => adviceAfter(stderr + stdout, environment.name, otherwise)
  return { ok, said, advice }
}

/** The same, for a revision: Alembic may say that all is well, and the schema is at another one. */
async function alembicTo(
  project: Project,
  colour: Colour,
  [command, revision]: readonly ['upgrade' | 'downgrade', Revision],
) {
  const ran = await alembic(project, colour, [command, revision ?? 'base'])
  const now = await schemaRevision(project)
  return { ...ran, isThere: ran.ok && now === revision, now: showRevision(now) }
}

/** `alembic upgrade head` with a colour's image. @throws Failure with the end of what Alembic printed. */
export async function upgrade(project: Project, colour: Colour): Promise<void> {
  const { ok, said, advice } = await alembic(project, colour, ['upgrade', 'head'])
  if (!ok)
    throw new Failure({
      what: 'the database migrations failed',
      detail: said(12),
      fix: advice('fix the migration, build again and deploy'),
    })
}

/**
 * Rolls the schema back with a colour's image: the newer one, which alone knows the revisions to leave.
 * @throws Failure with exit code 5 when the schema is not at `revision` afterwards.
 */
export async function downgrade(
  project: Project,
  colour: Colour,
  image: string,
  revision: Revision,
): Promise<void> {
  if ((await schemaRevision(project)) === revision) return
  const { isThere, now, said } = await alembicTo(project, colour, ['downgrade', revision])
  if (isThere) return
  throw new Failure(
    {
      what: `the schema is at ${now} and could not be rolled back to ${showRevision(revision)}`,
      detail: said(8),
      fix: [
        'the live version was tested on the new schema or may not work on it: look at it first, then either deploy a version that fits,',
        `or roll the schema back by hand with ${image}, which knows both revisions:`,
        byHand(project, colour, image, `downgrade ${revision ?? 'base'}`),
      ].join('\n'),
    },
    exitCodes.needsPerson,
  )
}

/**
 * `alembic downgrade` with a colour's image.
 * @throws Failure with the end of what Alembic printed, also where it says that all is well and the revision is another.
 */
export async function downgradeTo(project: Project, colour: Colour, revision: Revision): Promise<void> {
  const { isThere, now, said, advice } = await alembicTo(project, colour, ['downgrade', revision])
  if (isThere) return
  throw new Failure({
    what: `the schema could not be rolled back to ${showRevision(revision)}: it is at ${now}`,
    detail: said(12),
    fix: advice('fix the downgrade, or restore a backup: rollback.ts -t database'),
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
): Promise<void> {
  const { isThere, now, said } = await alembicTo(project, colour, ['upgrade', revision])
  if (isThere) return
  throw new Failure(
    {
      what: `the schema is at ${now} and could not be taken forward to ${revision} again`,
      detail: said(8),
      fix: byHand(project, colour, image, `upgrade ${revision}`),
    },
    exitCodes.needsPerson,
  )
}

/** The command for a person, with the image that knows both revisions, and not by way of its entrypoint. */
const byHand = ({ environment }: Project, colour: Colour, image: string, words: string): string =>
  `docker run --rm --network ${environment.project}_${colour} --env-file ${environment.directory}/.env.backend --entrypoint alembic ${image} ${words}`
