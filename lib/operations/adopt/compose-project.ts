import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'dotenv'
import * as v from 'valibot'
import { exitCodes, Failure, Problems, UsageError } from '../../base/failure.ts'
import { readIfThere } from '../../base/files.ts'
import { redact, registerSecret } from '../../base/redact.ts'
import { attempt } from '../../base/shell.ts'
import { lastLines, shown } from '../../base/text.ts'
import { engineProblems } from '../../deploy/preflight/machine.ts'
import { type Compose, composeHere } from '../../docker/compose.ts'
import { type Service, servicesOf } from './service.ts'

/** What `docker compose config --format json` prints, as far as it is looked at: a Compose file again, in which $ is $$. */
const value = v.nullable(
  v.pipe(
    v.string(),
    v.transform(text => text.replaceAll('$$', '$')),
  ),
)
const service = v.object({ environment: v.optional(v.record(v.string(), value), {}) })
const resolved = v.object({ name: v.string(), services: v.optional(v.record(v.string(), service), {}) })

/** Where a stack was started, and from what. */
export interface Place {
  readonly directory: string
  readonly files: readonly string[]
  readonly environmentFiles: readonly string[]
}

/**
 * Reads a running stack.
 * @param from a Compose file, or a project's name
 * @throws Failure where there is no such thing, it does not run, or Compose v2 cannot read it.
 */
export async function readProject(from: string) {
  const file = composeFile(from)
  const compose = await composeV2()
  const given =
    file === undefined ? undefined : { directory: dirname(file), files: [file], environmentFiles: [] }
  const name = given ? (await readBy(compose, given)).name : from
  const services = await servicesOf(name)
  const [first] = services
  if (!first)
    throw new Failure({
      what: `nothing of the project ${shown(name)} runs on this machine`,
      fix: 'docker compose ls --all  lists the projects that do; --from <project> names one',
    })
  const place = given ?? startedFrom(first.labels)
  const { services: inFiles } = await readBy(compose, place, name)
  return { ...place, compose, name, services, inFiles, dotenv: dotenvOf(place) } as const
}

/** @returns undefined where it is a project's name. @throws UsageError where it is neither. */
function composeFile(from: string): string | undefined {
  const found = statSync(from, { throwIfNoEntry: false })
  if (found?.isFile()) return resolve(from)
  if (!found && /^[a-z0-9][a-z0-9_-]*$/.test(from)) return undefined
  const what = found ? 'no file' : 'neither a file that is here nor the name of a project'
  throw new UsageError(
    `--from is ${shown(from)}, which is ${what}`,
    'docker compose ls  shows the projects and their files',
  )
}

async function composeV2(): Promise<Compose> {
  const problems = await engineProblems()
  if (problems.length > 0) throw new Problems('adopt reads a stack that runs on this machine', problems)
  const compose = await composeHere()
  if (!compose.version.startsWith('1.')) return compose
  throw new Failure({
    what: `Compose ${compose.version} prints what it has read as YAML alone: version 2 is needed`,
    fix: 'apt-get install docker-compose-plugin; the old stack may go on with its own',
  })
}

/** Where Compose was when it made a container, as its labels say; in those of v1, names are relative. */
function startedFrom(labels: Service['labels']): Place {
  const named = (name: string): string[] => (labels[`com.docker.compose.project.${name}`] ?? '').split(',')
  const [directory = ''] = named('working_dir')
  const files = (name: string): string[] =>
    named(name).flatMap(file => (file ? resolve(directory, file) : []))
  return { directory, files: files('config_files'), environmentFiles: files('environment_file') }
}

/** What Compose puts into the files, by `.env` unless it was told others. No value of it is ever shown. */
function dotenvOf({ directory, environmentFiles }: Place): Readonly<Record<string, string>> {
  const files = environmentFiles.length > 0 ? environmentFiles : [join(directory, '.env')]
  const values = parse(files.map(file => readIfThere(file) ?? '').join('\n'))
  for (const value of Object.values(values)) registerSecret(value)
  return values
}

/** The stack as Compose itself reads it. @throws Failure with what Compose says. */
async function readBy({ command }: Compose, place: Place, name?: string) {
  const { directory, files, environmentFiles } = place
  dotenvOf(place) // what Compose complains of may have a value in it
  const project = name === undefined ? [] : ['--project-name', name]
  const options = [
    ...[...project, '--project-directory', directory],
    ...environmentFiles.flatMap(file => ['--env-file', file]),
    ...files.flatMap(file => ['--file', file]),
  ]
  const ran = await attempt([...command, ...options, 'config', '--format', 'json'], { cwd: directory })
  const read = ran.ok ? v.safeParse(v.pipe(v.string(), v.parseJson(), resolved), ran.stdout) : undefined
  if (read?.success) return read.output
  const isMissing = /required variable|missing a value|is not set/.test(ran.stderr)
  throw new Failure(
    {
      what: `Compose cannot read ${files.join(', ')}`,
      detail: redact(lastLines(ran.stderr, 5)) || 'it has printed something else than was expected',
      fix: isMissing
        ? `it reads ${join(directory, '.env')} alone: write there what your shell had when the stack was started`
        : `docker compose ${files.map(file => `-f ${file}`).join(' ')} config  shows the same`,
    },
    exitCodes.usage,
  )
}
