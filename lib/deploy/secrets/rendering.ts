import { rmSync } from 'node:fs'
import { Failure, Problems } from '../../base/failure.ts'
import { readIfThere, writeAtomically } from '../../base/files.ts'
import { count } from '../../base/text.ts'
import type { Environment } from '../../environment/environment.ts'
import { readSecrets, secretsFile } from '../../environment/secrets.ts'
import { describeChange, withGivenSecrets } from '../../environment/secrets-from-ci.ts'
import type { Site } from '../../proxy/site.ts'
import type { Result } from '../../run/events.ts'
import type { Run } from '../../run/run.ts'

/** Shows `.env.<name>` as a run from CI would write it from its variables; nothing is written, no value is shown. */
export async function renderSecrets({ environment, run }: Site): Promise<Result> {
  const file = secretsFile(environment)
  const given = withGivenSecrets(environment, readIfThere(file))
  if (!given)
    throw new Failure({
      what: `none of the variables is set that CI has the secrets of ${environment.name} in`,
      detail: Object.values(environment.secrets)
        .flatMap(({ variable }) => variable ?? [])
        .join('\n'),
      fix: `without them a run uses ${file} as it is`,
    })
  if (given.problems.length > 0)
    throw new Problems(`no .env.${environment.name} can be made of the variables`, given.problems)
  for (const line of masked(given.text)) run.note(line)
  return [
    ['file', file],
    ['change', describeChange(given) || 'none'],
  ]
}

/** The lines of a `.env` file, with the length of each value in its place. */
export function masked(text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => {
      const [, key, value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? []
      return key === undefined
        ? line
        : `${key}=…  (${count(value.replace(/^'(.*)'$/, '$1').length, 'character')})`
    })
}

/**
 * Creates `.env.<name>` from the secrets that CI gave: written whole or not at all, readable for the owner alone. The
 * one before is kept as `.env.<name>.previous`, and comes back when the run fails. Shown are names, and no values.
 * @throws Problems with all that is wrong with the secrets, before anything is written.
 */
export async function createSecretsFile(environment: Environment, run: Run): Promise<void> {
  const file = secretsFile(environment)
  const before = readIfThere(file)
  const given = withGivenSecrets(environment, before)
  if (!given) return
  await run.step(`Create .env.${environment.name} from secrets`, async step => {
    const { problems } = readSecrets(environment)
    if (problems.length > 0)
      throw new Problems(
        `the secrets of ${environment.name} are not right: ${count(problems.length, 'problem')}`,
        problems,
      )
    if (given.text === before) {
      writeAtomically(file, given.text, 0o600) // a person may have opened it to others
      return step.skip('unchanged')
    }
    run.undo(`Put the previous .env.${environment.name} back`, async () => {
      if (before === undefined) rmSync(file, { force: true })
      else writeAtomically(file, before, 0o600)
    })
    if (before !== undefined) writeAtomically(`${file}.previous`, before, 0o600)
    writeAtomically(file, given.text, 0o600)
    step.note(describeChange(given))
  })
}
