#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { commandOf } from '../lib/base/command-text.ts'
import { exitCodes, Failure, problemOf } from '../lib/base/failure.ts'
import { commonOptions } from '../lib/base/options.ts'
import { main } from '../lib/cli/main.ts'
import { prepareDirectory } from '../lib/database/lasting-services.ts'
import { lookAt, runOn } from '../lib/deploy/on-site.ts'
import { giveLogin } from '../lib/deploy/own-login.ts'
import { repair } from '../lib/deploy/repair/repair.ts'
import { resultOf, rollOut } from '../lib/deploy/rollout/rollout.ts'
import { checkSecrets } from '../lib/deploy/secrets/check.ts'
import {
  beginRotation,
  dropRotation,
  ending,
  type Rotatable,
  readRotation,
  rotatable,
} from '../lib/deploy/secrets/rotation.ts'
import { recoverSecrets, renderSecrets } from '../lib/deploy/secrets/secrets-file.ts'
import type { Colour } from '../lib/environment/environment.ts'
import { type Release, readReleases } from '../lib/environment/releases.ts'
import { type Secrets, secretsOf } from '../lib/environment/secrets.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import type { Site } from '../lib/proxy/site.ts'
import { asksOrHasYes, confirm } from '../lib/run/confirm.ts'
import type { Result } from '../lib/run/events.ts'

/** The documented security incident, "immediately rotate all secrets", without a moment in which users are refused. */
async function rotate(site: Site, names: readonly Rotatable[], ask: boolean): Promise<Result> {
  const { environment, run } = site
  await run.step('Preflight', async () => void rotatableNow(site, names))
  if (ask) await confirm(`Replace ${names.join(' and ')} of ${environment.name}?`, run.signal)
  const begun = readRotation(environment)
  await run.step('Repair what an interrupted run left', step => repair(site, step))
  if (begun && names.every(name => begun[name] !== undefined && begun[name] === secretsOf(environment)[name]))
    return [['rotated', `${Object.keys(begun).join(' and ')}: what was interrupted is done`]]

  const { release, secrets } = rotatableNow(site, names)
  run.undo('Forget the new secrets', async () => dropRotation(environment))
  const rotation = beginRotation(environment, names)
  const given = await run.step('Let the new password in beside the old one', step =>
    giveLogin(site, { ...secrets, ...rotation }, step),
  )
  prepareDirectory(site, given)
  const version = { ...release, kind: 'rotation', run: site.runId, who: site.who } as const
  const rolledOut = await rollOut(site, { version, standsBy: false })
  await spread(site, rolledOut.release.colour, rotation)
  return [['rotated', names.join(' and ')], ...resultOf(rolledOut)]
}

/** Users are on the new values; now every other place is given them, too. */
async function spread(site: Site, live: Colour, rotation: Secrets): Promise<void> {
  try {
    for (const [title, act] of ending(site, live, rotation)) await site.run.step(title, act)
  } catch (error) {
    const { what, detail } = problemOf(error)
    const fix = `users are served, with the new secrets; the same command again does the rest: ${commandOf('secrets', site.environment.name, 'rotate')}`
    throw new Failure({ what, detail, fix }, exitCodes.needsPerson)
  }
}

/** @throws Failure when there is nothing whose secrets could be rotated, or they are not ours to choose. */
function rotatableNow(site: Site, names: readonly Rotatable[]) {
  const { environment, proxy } = site
  const secrets = secretsOf(environment)
  const release: Release | undefined = readReleases(environment).at(-1)
  const live = proxy.mapOnDisk()
  if (!release || live === null)
    throw new Failure({
      what: `nothing is live in ${environment.name}: there is nobody who has its secrets yet`,
      fix: `edit .env.${environment.name}; openssl rand -hex 32 makes a value`,
    })
  if (names.includes('DB_PASSWORD') && secrets['DATABASE_URL'] !== undefined)
    throw new Failure({
      what: `.env.${environment.name} has a DATABASE_URL of its own, so DB_PASSWORD is not what the backend uses`,
      fix: 'change the password there and in that database by hand, or remove that line and deploy',
    })
  return { secrets, release, live }
}

async function plan(site: Site, names: readonly Rotatable[]): Promise<Result> {
  const { release, live } = rotatableNow(site, names)
  return [
    ['to be replaced', names.join(' and ')],
    ['live now', `${live}, release ${release.release}, ${release.tag}`],
    ['restart', `the same images in the other colour (${site.environment.strategy}); no request is lost`],
    ['afterwards', `${live} is removed: it has the old secrets`],
    ...(names.includes('JWT_SECRET') ? [['users', 'have to log in again'] as const] : []),
  ]
}

void main({
  name: 'secrets',
  summary:
    "Checks an environment's secrets, replaces them while users are served, and brings a lost file back.",
  words: [
    { choices: ['check', 'rotate', 'recover', 'render'] },
    { choices: [...rotatable, 'all'], optional: true },
  ],
  options: {
    ...commonOptions,
    'dry-run': { type: 'flag', describe: 'rotate: show what would be done, and do nothing' },
  },
  examples: [
    ['npx tsx scripts/secrets.ts check -e production', 'all that is wrong with the secrets'],
    ['npx tsx scripts/secrets.ts rotate all -e production', 'the security incident: new ones, at once'],
    ['npx tsx scripts/secrets.ts recover -e production', '.env.production is lost: from what runs'],
    ['npx tsx scripts/secrets.ts render -e production', "the file as CI's variables make it, no values"],
  ],
  run: async (options, [what, which = 'all']) => {
    const environment = await loadEnvironment(options.environment)
    const session = { script: 'secrets', ...options }
    if (what === 'check') return lookAt(environment, session, checkSecrets)
    if (what === 'recover') return runOn(environment, session, recoverSecrets)
    if (what === 'render') return lookAt(environment, session, renderSecrets)
    const names = rotatable.filter(name => which === 'all' || which === name)
    if (options['dry-run']) return lookAt(environment, session, site => plan(site, names))
    const ask = asksOrHasYes(environment, options.yes)
    return runOn(environment, session, site => rotate(site, names, ask))
  },
})
