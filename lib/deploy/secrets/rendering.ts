import { Failure, Problems } from '../../base/failure.ts'
import { readIfThere } from '../../base/files.ts'
import { count } from '../../base/text.ts'
import { secretsFile } from '../../environment/secrets.ts'
import { describeChange, withGivenSecrets } from '../../environment/secrets-from-ci.ts'
import type { Site } from '../../proxy/site.ts'
import type { Result } from '../../run/result.ts'

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
