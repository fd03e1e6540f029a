import { basename } from 'node:path'
import { admin } from '../database/database.ts'
import { literal } from '../database/sql-words.ts'
import { usualCompose } from '../docker/compose.ts'
import { Project } from '../docker/project.ts'
import type { Environment } from '../environment/environment.ts'
import { inDatabase, inside, type Restoring } from './container.ts'
import { type Examined, examine } from './inspect.ts'
import { restoreAside } from './restore.ts'
import { functions, printed } from './statements.ts'

/**
 * Restores a backup on a throwaway server, just as on the environment's own: nothing that stands in the file has more
 * rights there than on that one.
 * @param file no link; `to.container` sees its directory as /backups, and has `postgres` as its superuser; `database` is made
 * @throws Failure that says why it cannot be restored.
 */
export async function restoreElsewhere(
  file: string,
  to: { container: string; database: string; environment: Environment; signal: AbortSignal },
  progress: (text: string) => void,
): Promise<void> {
  const { environment: model, signal } = to
  const environment = { ...model, database: { ...model.database, name: to.database, user: 'postgres' } }
  const project = new Project(environment, usualCompose, to.container)
  const site: Restoring = { environment, project, run: { signal, note: progress, warn: () => {} } }
  const backup = await examine(site, file, { progress }, async (_, real) => basename(real))
  progress(`restoring ${basename(file)}`)
  await makeRoles(site, backup)
  await restoreAside(
    site,
    { ...backup, manifest: undefined },
    to.database,
    { progress },
    { anyExtension: true },
  )
}

/** Makes the roles to which the backup gives anything: the server that it comes from had them. */
async function makeRoles({ project }: Restoring, { name, format }: Examined): Promise<void> {
  const giving =
    '^(ALTER .* OWNER TO|GRANT .* TO|REVOKE .* FROM|CREATE POLICY .* TO|ALTER DEFAULT PRIVILEGES FOR ROLE) '
  const command = `${functions} file="$1"; { ${printed[format]}; } | grep --text -E '${giving}' | sort -u | head -n 2000`
  const { stdout } = await inDatabase(project, ['bash', '-c', command, 'bash', inside(name)])
  const roles = rolesIn(stdout).map(role => `select format('create role %I', ${literal(role)}) \\gexec`)
  await admin(project, roles.join('\n'))
}

const name = String.raw`(?:"(?:[^"]|"")+"|[\w$]+)`
const named = new RegExp(` (?:TO|FROM|FOR ROLE) (${name}(?:, ${name})*)`, 'g')

/** The roles that statements give something to, but those that are there. */
export function rolesIn(statements: string): string[] {
  const words = [...statements.matchAll(named)].flatMap(
    ([, list = '']) => list.match(RegExp(name, 'g')) ?? [],
  )
  const names = words.map(word => word.replace(/^"(.*)"$/, '$1').replaceAll('""', '"'))
  return [...new Set(names)].filter(
    each => !/^(PUBLIC|public|postgres|pg_.*|CURRENT_USER|SESSION_USER)$/.test(each),
  )
}
