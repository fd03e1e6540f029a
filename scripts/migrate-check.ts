#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { backupFile } from '../lib/backup/list.ts'
import { restoreElsewhere } from '../lib/backup/restore-elsewhere.ts'
import { UsageError } from '../lib/base/failure.ts'
import { shown } from '../lib/base/text.ts'
import { main } from '../lib/cli/main.ts'
import { environmentNames, loadEnvironment } from '../lib/environment/settings.ts'
import { check, usual } from '../lib/migrate-check/check.ts'
import { demandDocker, scratchServer } from '../lib/migrate-check/choose-server.ts'
import { liveAt } from '../lib/migrate-check/live-version.ts'
import {
  backendOf,
  type Given,
  namingOf,
  options,
  placeOf,
  postgresImage,
} from '../lib/migrate-check/options.ts'
import { rehearsalFailure, rehearsalTable, rehearse } from '../lib/migrate-check/rehearsal.ts'
import { publish } from '../lib/migrate-check/report/publish.ts'
import { changedSince, inScope } from '../lib/migrate-check/scope.ts'
import { onScratchServer, throwawayServer } from '../lib/migrate-check/scratch-server.ts'
import { interruptSignal } from '../lib/run/stop-signals.ts'

void main({
  name: 'migrate-check',
  summary:
    'Runs every migration up, down and up again on a scratch database with rows in it, and says what would hurt.',
  options,
  examples: [
    ['npx tsx scripts/migrate-check.ts --backend tracehub/backend', 'the whole history'],
    ['npx tsx scripts/migrate-check.ts -e production --from-backup latest', 'what is pending, on real rows'],
    ['npx tsx scripts/migrate-check.ts --changed-since origin/main', 'what a pull request adds'],
  ],
  exitCodes: '0 clean, or warnings only · 1 findings · 2 wrong usage or configuration',
  run: async given => {
    const started = performance.now()
    const backend = backendOf(given)
    const directory = resolve(backend ?? '.')
    const signal = interruptSignal()
    if (given.all && given['changed-since'] !== undefined)
      throw new UsageError('--all and --changed-since exclude each other')
    if (given['from-backup'] !== undefined) return rehearsal(given, backend, given['from-backup'], signal)
    const since = given['changed-since']
    const changed = since === undefined ? undefined : await changedSince(directory, since)
    const place = placeOf(given, backend)
    const naming = await namingOf(given)
    const report = await onScratchServer(
      id => scratchServer(given, id, text => process.stderr.write(`${text}\n`), signal),
      (server, id) =>
        check(server, id, {
          place,
          config: given.config ?? usual.config,
          irreversible: given.irreversible ?? usual.irreversible,
          scope: 'all',
          naming,
          isJudged: changed && (({ file: { file: name } }) => changed.has(name)),
          live: since === undefined ? undefined : liveAt(directory, since),
          signal,
          progress: say,
        }).finally(quiet),
    )
    const findings = report.findings.filter(finding => inScope(finding, changed))
    const allowed = report.allowed.filter(({ finding }) => inScope(finding, changed))
    const ms = performance.now() - started
    const { json, verbose } = given
    return publish({ ...report, findings, allowed }, { backend: directory, ms, json, verbose, changed })
  },
})

/** Restores a backup and applies what is pending there. */
async function rehearsal(
  given: Given,
  backend: string | undefined,
  from: string,
  signal: AbortSignal,
): Promise<number> {
  if (given['database-url'] !== undefined)
    throw new UsageError('--from-backup restores into a throwaway container, not into --database-url')
  const environment = given.environment === undefined ? undefined : await loadEnvironment(given.environment)
  const found = backupFile(from, environment)
  if (!existsSync(found)) throw new UsageError(`${shown(found)} is not here`)
  const file = realpathSync(found)
  const model = environment ?? (await loadEnvironment((await environmentNames())[0] ?? 'production'))
  const place = placeOf(given, backend)
  await demandDocker('--from-backup')
  const done = await onScratchServer(
    id =>
      throwawayServer(postgresImage(given, environment), id, {
        backups: dirname(file),
        otherwise: 'try again when the machine is less busy, or name an image with --postgres-image',
        signal,
      }),
    (server, id) =>
      rehearse(server, id, {
        place,
        config: given.config ?? usual.config,
        restore: database =>
          restoreElsewhere(
            file,
            { container: `${server.container}`, database, environment: model, signal },
            say,
          ),
        settings: environment?.database ?? {},
        signal,
        progress: say,
      }).finally(quiet),
  )
  process.stdout.write(given.json ? `${JSON.stringify(done)}\n` : `${rehearsalTable(done)}\n`)
  const failure = rehearsalFailure(done)
  if (failure) throw failure
  return 0
}

/** On a terminal, the last line says how far it is. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K  ${text}\r`)
}

/** What comes next has the line for itself. */
function quiet(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}
