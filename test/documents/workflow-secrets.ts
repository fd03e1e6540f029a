import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentNames, loadEnvironment } from '../../lib/environment/settings.ts'

/** The lines of the workflow that hand secrets to a deploy, made from the settings, which name each once. */

export const workflowFile = join(import.meta.dirname, '..', '..', '.github', 'workflows', 'deploy.yml')

/** Between the line that says where they are from and the one that says what comes after them. */
const block = /(?<=^ *# From the settings, by make reference:\n)[^#]*(?=^ *# Of no environment:$)/m

/** The workflow with the secrets that the settings name now. @throws where it has no place for them. */
export async function withSecrets(): Promise<string> {
  const text = readFileSync(workflowFile, 'utf8')
  if (!block.test(text)) throw new Error(`${workflowFile} has no "# From the settings"`)
  const lines = await secretLines()
  return text.replace(block, () => lines.map(line => `          ${line}\n`).join(''))
}

/** One for a secret that each environment has in a variable of its own (`STAGING_DB_PASSWORD`), or that all have in one. */
async function secretLines(): Promise<string[]> {
  const lines = new Set<string>()
  for (const name of await environmentNames()) {
    const { secrets } = await loadEnvironment(name)
    const prefix = `${name.toUpperCase()}_`
    for (const { variable } of Object.values(secrets)) {
      if (variable === undefined) continue
      const own = variable.startsWith(prefix) ? variable.slice(prefix.length) : undefined
      lines.add(
        own === undefined
          ? `${variable}: \${{ secrets.${variable} }}`
          : `THE_${own}: \${{ secrets[format('{0}_${own}', inputs.variables)] }}`,
      )
    }
  }
  return [...lines]
}
