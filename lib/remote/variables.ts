import { registerSecret } from '../base/redact.ts'
import { whoRuns } from '../base/user.ts'
import type { Environment } from '../environment/environment.ts'

/** What a script may be told by its caller's environment, besides the secrets: and nothing else travels. */
const passed =
  /^(GHCR_(TOKEN|USER)|GITHUB_(TOKEN|ACTOR|REPOSITORY|SERVER_URL|RUN_ID|SHA|REF_NAME)|TRACEHUB_\w+|BACKUP_SFTP_\w+|NOTIFY_WEBHOOK_URL|SANDBOX_ROOT|NO_COLOR|TERM|LANG|LC_ALL|TZ)$/
/** Of these, what nobody may see; an address of TRACEHUB_ may be a webhook's, which is its own password. */
const secret =
  /^(GHCR_TOKEN|GITHUB_TOKEN|NOTIFY_WEBHOOK_URL|BACKUP_SFTP_(URL|SSH_\w+)|TRACEHUB_\w*(TOKEN|SECRET|PASSWORD|KEY|WEBHOOK|URL))$/

/** The variables that travel to the VPS with a script. Secrets among them are registered, so that none is shown. */
export function travellingVariables({ secrets }: Pick<Environment, 'secrets'>): Record<string, string> {
  const named = new Set(Object.values(secrets).flatMap(({ variable }) => (variable ? [variable] : [])))
  const travelling: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || !(named.has(name) || passed.test(name))) continue
    travelling[name] = value
    if (named.has(name) || secret.test(name)) hide(value)
  }
  return { ...travelling, TRACEHUB_WHO: whoRuns() }
}

/** Of those that may travel, what anybody may see: these need not go in by standard input. */
export const openVariables = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && passed.test(name) && !secret.test(name) ? [[name, value]] : [],
    ),
  )

/** GitHub's log shows no line of it from here on ("Workflow commands": masking a value in a log). */
function hide(value: string): void {
  registerSecret(value)
  if (process.env['GITHUB_ACTIONS'] !== 'true') return
  for (const line of value.split(/\r?\n/))
    if (line.length >= 4) process.stdout.write(`::add-mask::${line.replaceAll('%', '%25')}\n`)
}
