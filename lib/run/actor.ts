import { printable } from '../base/text.ts'
import { userName } from '../base/user.ts'

/** The person or the account that started a script, also where it was started from elsewhere. */
export function whoRuns(): string {
  const { TRACEHUB_WHO: elsewhere, GITHUB_ACTOR: actor, SUDO_USER: sudo } = process.env
  return printable(elsewhere || actor || sudo || userName())
}
