import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { parse } from 'dotenv'
import { readIfThere, writeAtomically } from '../../base/files.ts'
import { registerSecret } from '../../base/redact.ts'
import { count } from '../../base/text.ts'
import { changePassword, revokeLogins } from '../../database/login.ts'
import { liveVariables, loginIn } from '../../docker/live-variables.ts'
import { formatEnvFile, withValues } from '../../environment/env-file.ts'
import { type Colour, type Environment, otherColour } from '../../environment/environment.ts'
import { type Secrets, secretsFile } from '../../environment/secrets.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { removeColour } from '../colours.ts'
import { updateGitHub } from './github-secrets.ts'

/** The secrets that are ours to choose; the others come from somebody else. */
export const rotatable = ['JWT_SECRET', 'DB_PASSWORD'] as const
export type Rotatable = (typeof rotatable)[number]

/**
 * Holds the new values from their making until every place has them. A run that finds it takes an interrupted
 * rotation to its end: forth, where users are on the new values already, else back.
 */
const rotationFile = (environment: Environment): string => `${secretsFile(environment)}.rotation`

/** Makes new values, 256 random bits each, as hexadecimal digits. */
export function beginRotation(environment: Environment, names: readonly Rotatable[]): Secrets {
  const values = Object.fromEntries(names.map(name => [name, randomBytes(32).toString('hex')]))
  for (const value of Object.values(values)) registerSecret(value)
  const comment = 'New secrets on their way: the toolkit removes this file when they are everywhere.'
  writeAtomically(rotationFile(environment), formatEnvFile(comment, values), 0o600)
  return values
}

/** The new values of a rotation that is under way, or was interrupted. */
export function readRotation(environment: Environment): Secrets | undefined {
  const text = readIfThere(rotationFile(environment))
  if (text === undefined) return undefined
  const values = parse(text)
  for (const value of Object.values(values)) registerSecret(value)
  return values
}

export const dropRotation = (environment: Environment): void =>
  rmSync(rotationFile(environment), { force: true })

/**
 * What is left to do when users are on the new values: from the first to the last, each may be done again, and the
 * file that remembers the rotation goes when all are done.
 */
export function ending(
  site: Site,
  live: Colour,
  rotation: Secrets,
): readonly (readonly [title: string, act: (step: Step) => Promise<void>])[] {
  const { environment, project, run } = site
  const password = rotation['DB_PASSWORD']
  const file = secretsFile(environment)
  const names = Object.keys(rotation).join(' and ')
  return [
    [
      "Change the database's password",
      async step => {
        if (password === undefined) return step.skip('DB_PASSWORD stays')
        await changePassword(project, password)
      },
    ],
    [
      `Write ${names} to .env.${environment.name}`,
      async () => writeAtomically(file, withValues(readFileSync(file, 'utf8'), rotation), 0o600),
    ],
    [
      'Shut the old password out',
      async step => {
        if (password === undefined) return step.skip('DB_PASSWORD stays')
        const { user } = loginIn(await liveVariables(site.project, live))
        step.note(`${count(await revokeLogins(project, user), 'session')} ended`)
      },
    ],
    [
      // Started again as it is, it would bring the old secrets back; a rollback makes it anew.
      `Remove ${otherColour(live)}, which has the old secrets`,
      step => removeColour(site, otherColour(live), step),
    ],
    [
      'Update the secrets on GitHub',
      async step => {
        const problem = await updateGitHub(environment, rotation)
        if (!problem) return
        run.warn(problem)
        step.skip('has to be done by hand')
      },
    ],
    ['Forget the rotation', async () => dropRotation(environment)],
  ]
}

/** Takes an interrupted rotation to its end. @returns what was done, in words, or undefined when there was none. */
export async function settleRotation(site: Site, live: Colour | null, step: Step) {
  const rotation = readRotation(site.environment)
  if (!rotation) return undefined
  const names = Object.keys(rotation).join(' and ')
  if (live === null || !(await reachedUsers(site, live, rotation))) {
    dropRotation(site.environment)
    return `the new ${names} had not reached users: the old one stays`
  }
  const quiet: Step = { ...step, note: () => {}, skip: () => {} }
  for (const [title, act] of ending(site, live, rotation)) {
    step.progress(title)
    await act(quiet)
  }
  return `users were on the new ${names} already: it is everywhere now`
}

async function reachedUsers(site: Site, live: Colour, rotation: Secrets): Promise<boolean> {
  const variables = await liveVariables(site.project, live)
  const given: Secrets = { ...variables, DB_PASSWORD: loginIn(variables).password }
  return Object.entries(rotation).every(([name, value]) => given[name] === value)
}
