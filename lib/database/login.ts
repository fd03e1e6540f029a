import { Failure } from '../base/failure.ts'
import { lastLines } from '../base/text.ts'
import type { Project } from '../docker/project.ts'
import type { Environment } from '../environment/environment.ts'
import { sql } from './database.ts'
import { scramVerifier } from './scram.ts'

/**
 * PostgreSQL has one password a role, so a change of it cannot be seen by the old version and the new one each in its
 * time. While users move, the new version logs in as a role of its own, which acts as the database's owner from its
 * first statement on (`ALTER ROLE … SET role`): whatever it makes belongs to the owner.
 */
export const rotatedLogins = ({ database }: Environment): string[] =>
  [1, 2].map(number => `${database.user}_rotated_${number}`)

const name = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`
const text = (literal: string): string => `'${literal.replaceAll("'", "''")}'`

/** Makes a login that acts as the database's owner, or gives it another password. */
export async function letIn(project: Project, login: string, password: string): Promise<void> {
  const owner = project.environment.database.user
  await sql(
    project,
    `begin;
    do $$ begin
      if not exists (select from pg_roles where rolname = ${text(login)}) then create role ${name(login)}; end if;
    end $$;
    grant ${name(owner)} to ${name(login)};
    alter role ${name(login)} login password ${text(scramVerifier(password))};
    alter role ${name(login)} set role to ${text(owner)};
    commit;`,
  )
}

/** Gives the database's owner another password. Sessions that exist go on. */
export async function changePassword(project: Project, password: string): Promise<void> {
  const owner = project.environment.database.user
  await sql(project, `alter role ${name(owner)} password ${text(scramVerifier(password))}`)
}

/**
 * Ends what was opened with an old password and removes the logins that nobody uses any more: whoever knew that
 * password may still be inside. Sessions over the socket in the database's container have none, and stay.
 * @param login the one that the live version uses
 * @returns how many sessions were ended.
 */
export async function shutOut(project: Project, login: string): Promise<number> {
  const { environment } = project
  const others = [environment.database.user, ...rotatedLogins(environment)].filter(other => other !== login)
  const ended = await sql(
    project,
    `select count(pg_terminate_backend(pid)) from pg_stat_activity
    where usename in (${others.map(text).join(', ')}) and client_addr is not null`,
  )
  const unused = others.filter(other => other !== environment.database.user)
  await sql(project, unused.map(other => `drop role if exists ${name(other)};`).join('\n'))
  return Number(ended)
}

/**
 * Whether a login with this password would be let in, asked as the backend asks: over the network, where a password
 * is demanded. The password goes in by standard input.
 * @throws Failure when the database does not say.
 */
export async function acceptsPassword(project: Project, login: string, password: string): Promise<boolean> {
  const script =
    'read -r PGPASSWORD; export PGPASSWORD PGCONNECT_TIMEOUT=5; ' +
    'exec psql --no-psqlrc --no-password --host "$(hostname)" --username "$1" --dbname "$2" --command "select 1"'
  const ran = await project.exec('db', ['sh', '-c', script, 'sh', login, project.environment.database.name], {
    input: `${password}\n`,
    timeout: 30_000,
  })
  if (ran.ok) return true
  if (/password authentication failed|no password supplied/.test(ran.stderr)) return false
  throw new Failure({
    what: `the database does not say whether ${login} may log in`,
    detail: lastLines(ran.stderr || ran.stdout, 5),
    fix: project.typed('logs', '--tail', '50', 'db'),
  })
}
