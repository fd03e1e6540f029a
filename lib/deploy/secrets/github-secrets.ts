import { variable, variables } from '../../base/caller.ts'
import { quoted } from '../../base/command-text.ts'
import type { Problem } from '../../base/failure.ts'
import { attempt } from '../../base/shell.ts'
import { lastLines } from '../../base/text.ts'
import type { Environment } from '../../environment/environment.ts'
import { type Secrets, secretsFile } from '../../environment/secrets.ts'

/** What tells gh who it is and which repository is meant (gh help environment). */
const itsOwn = /^(GH_(TOKEN|HOST|CONFIG_DIR|REPO)|GITHUB_TOKEN|XDG_CONFIG_HOME)$/

/**
 * Sets secrets on GitHub with gh, each by standard input. A deploy from there would otherwise bring the old ones back.
 * They go into the GitHub environment of the same name, in which the deploys run: its secrets win over the
 * repository's of the same name (GitHub Docs, "Secrets").
 * @returns what a person has to do where that is not possible; undefined when all are set.
 */
export async function updateGitHub(environment: Environment, secrets: Secrets): Promise<Problem | undefined> {
  const repository = variable('GITHUB_REPOSITORY')
  const where = ['--env', environment.name, ...(repository ? ['--repo', repository] : [])]
  const env = variables(itsOwn)
  const refused: string[] = []
  const byHand: string[] = []
  for (const [name, value] of Object.entries(secrets)) {
    const command = ['gh', 'secret', 'set', environment.secrets[name]?.variable ?? name, ...where]
    const ran = await attempt(command, { input: value, env, timeout: 60_000 })
    if (ran.ok) continue
    refused.push(ran.code === 127 ? 'gh is not installed here' : lastLines(ran.stderr, 3))
    const read = `sed -n 's/^${name}=//p' ${quoted(secretsFile(environment))}`
    byHand.push(`${read} | ${command.map(quoted).join(' ')}`)
  }
  if (byHand.length === 0) return undefined
  return {
    what: 'GitHub still has the old secrets: a deploy from there would bring them back and be refused',
    detail: [...new Set(refused)].join('\n'),
    fix: `where gh is logged in:\n${byHand.join('\n')}`,
  }
}
