import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../lib/base/shell.ts'
import { docker } from './docker.ts'
import { directoryOf, mapOnDisk } from './harness.ts'
import type { EnvironmentName } from './root.ts'

/**
 * Makes an environment what it was before its application had a login of its own and the toolkit a role of its own: the
 * application's one role is the superuser that made the server, owns everything, and is who the backend logs in as.
 */
export async function asBefore(name: EnvironmentName): Promise<void> {
  const container = (part: string): string => `tracehub-${part}-${name === 'production' ? 'prod' : name}`
  const psql = (user: string, where: string, ...statements: string[]): Promise<string> =>
    docker(
      ...['exec', container('db'), 'psql', '-U', user, '-d', where, '-XqAt', '-v', 'ON_ERROR_STOP=1'],
      ...statements.flatMap(statement => ['-c', statement]),
    )
  const ask = (statement: string): Promise<string> => psql('was_before', 'postgres', statement)
  await psql('tracehub_admin', 'postgres', 'create role was_before superuser login')
  const logins = await ask(
    `select coalesce(string_agg(rolname, ', '), 'nobody') from pg_roles where rolname ~ '^tracehub_app_'`,
  )
  const password = await ask(`select rolpassword from pg_authid where rolname = 'tracehub'`)
  const databases = await ask(`select datname from pg_database where datname !~ '^template' order by 1`)
  for (const database of databases.split('\n'))
    await psql(
      ...(['was_before', database] as const),
      ...['reassign owned by tracehub to tracehub_admin', 'drop owned by tracehub'],
    )
  await psql(
    ...(['was_before', 'postgres'] as const),
    ...[`drop role if exists ${logins}`, 'drop role tracehub'],
    ...['alter role tracehub_admin rename to tracehub', `alter role tracehub password '${password}'`],
  )
  await psql('tracehub', 'postgres', 'drop role was_before')

  const file = join(directoryOf(name), '.env.backend')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/tracehub_app_\d:/, 'tracehub:'))
  await docker('rm', '--force', container(`backend-${mapOnDisk(name).split(' ')[1]}`))
  await run(['docker', 'compose', 'up', '-d'], { cwd: directoryOf(name) })
}
