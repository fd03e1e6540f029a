#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { commonOptions, parseCount, parseDuration, value } from '../lib/base/options.ts'
import { main } from '../lib/cli/main.ts'
import { lookAt, runOn } from '../lib/deploy/on-site.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { type Candidate, listed, totalOf } from '../lib/operations/cleanup/candidate.ts'
import { buildCacheCandidate, compared, pruneBuildCache, roomOf } from '../lib/operations/cleanup/room.ts'
import { survey, type Wanted } from '../lib/operations/cleanup/survey.ts'
import { sweep } from '../lib/operations/cleanup/sweep.ts'
import type { Site } from '../lib/proxy/site.ts'
import { asksOrHasYes, confirm } from '../lib/run/confirm.ts'
import type { Result } from '../lib/run/events.ts'

interface Asked extends Wanted {
  readonly buildCache: boolean
  readonly all: boolean
}

/** What would go, and why. Nothing is changed. */
async function look(site: Site, asked: Asked): Promise<Candidate[]> {
  return site.run.step('Look for what nobody needs', async step => {
    const found = await survey(site, asked)
    if (asked.buildCache) found.push(...(await buildCacheCandidate(site, asked)))
    for (const line of listed(found, asked.all ? 'all' : 'few')) site.run.note(line)
    step.note(totalOf(found))
    return found
  })
}

async function dryRun(site: Site, asked: Asked): Promise<Result> {
  const found = await look(site, asked)
  return [['would go', totalOf(found)], ...(await roomOf(site.environment.directory))]
}

async function cleanUp(site: Site, asked: Asked & { readonly ask: boolean }): Promise<Result> {
  const { environment, run } = site
  const before = await roomOf(environment.directory)
  const found = await look(site, asked)
  if (found.length === 0) return [...before]
  if (asked.ask) await confirm(`Remove them from ${environment.name}?`, run.signal)
  await run.step('Remove it', step => sweep(site, found, step))
  if (found.some(({ kind }) => kind === 'build cache'))
    await run.step('Prune the build cache', step => pruneBuildCache(site, asked, step))
  return compared(before, await roomOf(environment.directory))
}

void main({
  name: 'cleanup',
  summary:
    'Removes what nobody needs any more, and shows before what, why and how much: images, old logs and backups,\n' +
    'replaced databases, leftovers of killed runs. Never a volume, and nothing of anybody else.',
  options: {
    ...commonOptions,
    'dry-run': { type: 'flag', describe: 'show what would go, and remove nothing' },
    'older-than': value('<duration>', 'for logs, stopped colours, replaced databases (default: settings)'),
    keep: value('<number>', 'how many of the newest backups stay, and as many of deploys'),
    'build-cache': {
      type: 'flag',
      describe: 'also build cache that old: all projects of the machine share it',
    },
  },
  examples: [
    ['npx tsx scripts/cleanup.ts -e production --dry-run', 'what would go, and why'],
    ['npx tsx scripts/cleanup.ts -e production --yes', 'from cron, once a week'],
    ['npx tsx scripts/cleanup.ts -e staging --older-than 7d --keep 3', 'when the disk is full'],
  ],
  run: async options => {
    const asked = {
      olderThan:
        options['older-than'] === undefined ? undefined : parseDuration('older-than', options['older-than']),
      keep: options.keep === undefined ? undefined : parseCount('keep', options.keep),
      buildCache: options['build-cache'],
      all: options.verbose,
    }
    const environment = await loadEnvironment(options.environment)
    const session = { script: 'cleanup', ...options }
    if (options['dry-run']) return lookAt(environment, session, site => dryRun(site, asked))
    const ask = asksOrHasYes(environment, options.yes)
    return runOn(environment, session, site => cleanUp(site, { ...asked, ask }))
  },
})
