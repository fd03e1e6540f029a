#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { existsSync, mkdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { UsageError } from '../lib/base/failure.ts'
import { writeAtomically } from '../lib/base/files.ts'
import { commonOptions, value } from '../lib/base/options.ts'
import { script } from '../lib/cli/main.ts'
import { shippedComposeFile } from '../lib/environment/directory.ts'
import { formatEnvFile } from '../lib/environment/env-file.ts'
import type { Environment } from '../lib/environment/environment.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { blocking } from '../lib/operations/adopt/blocking.ts'
import { notKept } from '../lib/operations/adopt/not-kept.ts'
import { type OldStack, readOldStack } from '../lib/operations/adopt/old-stack.ts'
import { planText } from '../lib/operations/adopt/plan-text.ts'
import { type Change, changesFor, settingsText } from '../lib/operations/adopt/settings.ts'
import { paint } from '../lib/operations/status/screen.ts'
import { destinationOf, variableOf } from '../lib/remote/destination.ts'

const byHand = 'the move itself is by hand: docs/install.md, "Where a stack runs already"'

/** It would have to put the toolkit into the old stack's directory before it could look. */
function demandHere({ name }: Environment): void {
  const host = destinationOf(name, undefined)?.host
  if (host === undefined) return
  throw new UsageError(
    `${variableOf(name, 'HOST')} is ${host}, and adopt changes nothing there: it reads the machine that it is typed on`,
    `clone the toolkit there, beside the stack, and type it there; ${variableOf(name, 'HOST')}= reads this machine`,
  )
}

function writeProposal(
  directory: string,
  { name }: Environment,
  old: OldStack,
  changes: readonly Change[],
): void {
  const up = relative(directory, join(import.meta.dirname, '..'))
  const comment = `What the containers of ${old.name} have, under the names of the settings' secrets, ${new Date().toISOString()}.`
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeAtomically(join(directory, `${name}.ts`), settingsText(name, changes, up))
  writeAtomically(join(directory, `.env.${name}`), formatEnvFile(comment, old.given.values), 0o600)
}

export const command = script(import.meta.filename, {
  name: 'adopt',
  summary:
    'Reads a Compose stack that runs already, and plans how it moves in. Nothing is changed: all that is written is\n' +
    'a new directory with proposed settings and secrets.',
  options: {
    environment: commonOptions.environment,
    from: value('<file|project>', "the stack's Compose file, or its project's name"),
    plan: { type: 'flag', describe: 'print the plan, and write the proposal' },
    proposal: value('<directory>', 'a new one (./proposal-<environment> unless told)'),
    database: value('<service>', 'where it is not seen which one that is'),
    backend: value('<service>', 'likewise'),
    frontend: value('<service>', 'likewise'),
  },
  examples: [
    ['npx tsx scripts/adopt.ts -e production --from docker-compose.prod.yml --plan', 'by its file'],
    ['npx tsx scripts/adopt.ts -e production --from tracehub --plan', 'by its project'],
  ],
  exitCodes: '0 the plan is made · 1 something blocks the move · 2 wrong usage or configuration',
  run: async ({ from, plan, proposal, database, backend, frontend, environment: name }) => {
    if (from === undefined) throw new UsageError('--from is missing: a Compose file or the name of a project')
    if (!plan) throw new UsageError('--plan is missing, and a plan is all that adopt makes', byHand)
    const environment = await loadEnvironment(name)
    demandHere(environment)
    const directory = resolve(proposal ?? `proposal-${environment.name}`)
    if (existsSync(directory))
      throw new UsageError(
        `${directory} is there already`,
        'move it away, or name another one: --proposal <directory>',
      )
    const old = await readOldStack(environment, from, { database, backend, frontend })
    const changes = changesFor(environment, old)
    const problems = {
      notKept: notKept(environment, old),
      blocking: blocking(environment, old, shippedComposeFile()),
    }
    const text = planText(environment, old, changes, problems)
    writeProposal(directory, environment, old, changes)
    process.stdout.write(text.replaceAll(/^ {2}✗/gm, paint('  ✗', 'red')))
    process.stdout.write(
      `\nWritten: ${environment.name}.ts and .env.${environment.name} (mode 600) in ${directory}\n→ ${byHand}\n`,
    )
    return problems.blocking.length > 0 ? 1 : 0
  },
})
