#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { Failure, UsageError } from '../lib/base/failure.ts'
import { commonOptions } from '../lib/base/options.ts'
import { main } from '../lib/cli/main.ts'
import { ownSettings } from '../lib/database/database.ts'
import { superuserOf } from '../lib/database/superuser.ts'
import { findCompose } from '../lib/docker/compose.ts'
import { Project } from '../lib/docker/project.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { HAProxy } from '../lib/proxy/proxy.ts'
import { variableOf } from '../lib/remote/destination.ts'

/** The documented `docker-compose` commands, with the live colour in the place of `backend`. */
async function commandFor(what: string, project: Project): Promise<string[]> {
  const { environment } = project
  const live = new HAProxy(environment).mapOnDisk()
  if (what === 'logs') return ['logs', '--follow', '--tail', '100']
  if (what === 'psql') return ['exec', 'db', ...psql(project, environment.database.user)]
  if (what === 'superuser')
    return ['exec', '--env', `PGOPTIONS=${own}`, 'db', ...psql(project, await superuserOf(project))]
  if (live === null)
    throw new Failure({ what: `nothing is live in ${environment.name}`, fix: 'deploy first' })
  return ['exec', `backend-${live}`, 'sh', '-c', 'exec "$(command -v bash || command -v sh)"']
}

const psql = ({ environment }: Project, user: string): string[] => [
  ...['psql', '--username', user, '--dbname', environment.database.name],
]

/** Functions of the application's that are called here have a superuser's rights: none is found but by its schema. */
const own = `${ownSettings} -c search_path=pg_catalog`

/** Runs it in the foreground, on our own terminal. @returns its exit code, as a shell would. */
async function foreground(command: readonly string[], cwd: string): Promise<number> {
  const [program = '', ...words] = command
  const child = spawn(program, words, { cwd, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {}) // it gets them, and decides
  const [code, signal] = await once(child, 'close').catch(({ message }) => {
    throw new Failure({ what: `${program} cannot be started: ${message}` })
  })
  return code ?? 128 + constants.signals[signal as NodeJS.Signals] // the one or the other
}

void main({
  name: 'enter',
  summary: 'Opens what one looks at by hand: all logs as they come, psql, or a shell in the live backend.',
  words: [{ choices: ['logs', 'psql', 'superuser', 'shell'] }],
  options: { environment: commonOptions.environment, host: commonOptions.host },
  interactive: true,
  examples: [
    ['npx tsx scripts/enter.ts logs -e production', 'all logs, as they come'],
    [
      'npx tsx scripts/enter.ts psql -e production',
      'the database, as its owner; `… psql < file` runs a file',
    ],
    ['npx tsx scripts/enter.ts superuser -e production', 'psql, for what the owner may not do'],
    ['npx tsx scripts/enter.ts shell -e production', 'a shell in the backend that users are on'],
  ],
  exitCodes: 'those of the program that was opened · 2 wrong usage',
  run: async ({ environment: name }, [what = '']) => {
    const environment = await loadEnvironment(name)
    if (!existsSync(environment.directory))
      throw new UsageError(
        `${environment.directory}, the directory of ${environment.name}, is not on this machine`,
        `say where it is: --host user@host, or ${variableOf(environment.name, 'HOST')}`,
      )
    const compose = await findCompose()
    if (!compose) throw new Failure({ what: 'neither `docker compose` nor `docker-compose` is here' })
    const [verb = '', ...words] = await commandFor(what, new Project(environment, compose))
    const piped = verb === 'exec' && !process.stdin.isTTY ? ['-T'] : []
    return foreground([...compose.command, verb, ...piped, ...words], environment.directory)
  },
})
