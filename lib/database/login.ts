import { Failure } from '../base/failure.ts'
import { lastLines } from '../base/text.ts'
import type { Project } from '../docker/project.ts'
import type { Environment } from '../environment/environment.ts'
import { untilLetIn } from './connections.ts'
import { admin, sql } from './database.ts'
import { settleOwner } from './owner.ts'
import { scramVerifier } from './scram.ts'
import { identifier, literal, settingIsKept, settingName, settingValue } from './sql-words.ts'
import { superuserOf } from './superuser.ts'

/**
 * The application is not who the toolkit is. It logs in as a role of its own that is no superuser, so that it cannot take
 * the connections that PostgreSQL keeps for superusers (superuser_reserved_connections; it asks who has logged in), and
 * acts as the database's owner from its first statement on (`ALTER ROLE … SET role`): whatever it makes belongs to the
 * owner. There are two such logins, because a role has one password: while users move to a version with another, each
 * version has a login of its own.
 */
const ownLogins = ({ database }: Environment): string[] =>
  [1, 2].map(number => `${database.user}_app_${number}`)

type Login = Readonly<Record<'user' | 'password', string>>

/** All logins of the application, also those that a rotation made before every version had one. */
export const loginsOf = (environment: Environment): string[] => [
  ...ownLogins(environment),
  ...[1, 2].map(number => `${environment.database.user}_rotated_${number}`),
]

/**
 * The login of a version to come.
 * @param live as whom the live version logs in: it stays so where the password does, and else keeps its login for itself
 */
export function loginFor(environment: Environment, live: Login | undefined, password: string): string {
  const [first = '', second = ''] = ownLogins(environment)
  if (live?.user === second && live.password === password) return second
  return live?.user === first && live.password !== password ? second : first
}

/** Whether the server has a role of that name. */
export const roleExists = async (project: Project, role: string): Promise<boolean> =>
  (await admin(project, `select 1 from pg_roles where rolname = ${literal(role)}`)) === '1'

/**
 * SQL: nine tenths of the connections, without those for superusers. Who is refused one has held it for a moment: without
 * a rest, a version that asks all the time would take even those that are kept for superusers.
 */
const connectionLimit =
  "greatest(1, current_setting('max_connections')::int * 9 / 10 - current_setting('superuser_reserved_connections')::int)"

/** SQL: whether a login of the application has all the connections that it may have. */
export const isAtLimit = (environment: Environment): string =>
  `exists (select from pg_roles where rolname in (${loginsOf(environment).map(literal).join(', ')}) and rolconnlimit >= 0
    and rolconnlimit <= (select count(*) from pg_stat_activity where usename = rolname))`

/**
 * Makes a login that acts as the database's owner, with all that was set for the owner's sessions; or gives it another
 * password.
 */
export async function grantLogin(project: Project, login: string, password: string): Promise<void> {
  const owner = project.environment.database.user
  const settings = (role: string): string =>
    `pg_db_role_setting left join pg_database d on d.oid = setdatabase where setrole = ${literal(role)}::regrole`
  const inDatabase = "case when datname is null then '' else format(' in database %I', datname) end"
  await admin(
    project,
    `begin;
    select format('create role %I', ${literal(login)}) where not exists (select from pg_roles where rolname = ${literal(login)}) \\gexec
    grant ${identifier(owner)} to ${identifier(login)};
    alter role ${identifier(login)} login nosuperuser password ${literal(scramVerifier(password))};
    select format('alter role %I connection limit %s', ${literal(login)}, ${connectionLimit}) \\gexec
    select format('alter role %I%s reset all', ${literal(login)}, ${inDatabase}) from ${settings(identifier(login))} \\gexec
    select format('alter role %I%s set %I to %s', ${literal(login)}, ${inDatabase}, ${settingName}, ${settingValue})
      from (select datname, unnest(setconfig) setting from ${settings(identifier(owner))}) found where ${settingIsKept} \\gexec
    alter role ${identifier(login)} set role to ${literal(owner)};
    commit;`,
  )
}

/**
 * Removes logins that nobody uses. What one may have made with `set role none` stays, and is the owner's; what was
 * granted to it goes: it may have either in any database that it can enter, and a role with anything cannot be dropped.
 */
export async function removeLogins(project: Project, logins: readonly string[]): Promise<void> {
  const owner = literal(project.environment.database.user)
  const there = `from pg_roles where rolname in (${logins.map(literal).join(', ')})`
  const entered = await admin(
    project,
    `select distinct datname from pg_shdepend join pg_database d on d.oid = dbid
    where datallowconn and refclassid = 'pg_authid'::regclass and refobjid in (select oid ${there})`,
  )
  for (const database of entered.split('\n').filter(Boolean))
    await sql(
      project,
      `select format('reassign owned by %I to %I', rolname, ${owner}) ${there} \\gexec
      select format('drop owned by %I', rolname) ${there} \\gexec`,
      { database },
    )
  await admin(project, `select format('drop role %I', rolname) ${there} \\gexec`)
}

/**
 * Makes those of the application's logins that the server has not got any more, as roles that cannot log in: things in a
 * backup of before may be theirs. @returns them
 */
export async function makeLost(project: Project): Promise<string[]> {
  const logins = loginsOf(project.environment)
  const names = `select rolname from pg_roles where rolname in (${logins.map(literal).join(', ')})`
  const there = (await admin(project, names)).split('\n')
  const lost = logins.filter(login => !there.includes(login))
  if (lost.length > 0) await admin(project, lost.map(login => `create role ${identifier(login)};`).join('\n'))
  return lost
}

/** Gives the database's owner another password. Sessions that exist go on. */
export async function changePassword(project: Project, password: string): Promise<void> {
  const owner = project.environment.database.user
  await sql(project, `alter role ${identifier(owner)} password ${literal(scramVerifier(password))}`)
}

/**
 * Ends what was opened with an old password and removes the logins that nobody uses any more: whoever knew that
 * password may still be inside. Sessions over the socket in the database's container have none, and stay.
 * @param login the one that the live version uses
 * @returns how many sessions were ended.
 */
export async function revokeLogins(project: Project, login: string): Promise<number> {
  const { environment } = project
  const superuser = await superuserOf(project)
  const others = [environment.database.user, ...loginsOf(environment)].filter(other => other !== login)
  const ended = await sql(
    project,
    `select count(pg_terminate_backend(pid)) from pg_stat_activity
    where usename in (${[superuser, ...others].map(literal).join(', ')}) and client_addr is not null`,
  )
  await removeLogins(
    project,
    loginsOf(environment).filter(other => other !== login),
  )
  return Number(ended)
}

/** One that a killed restore has left may not. */
const mayLogIn = async (project: Project, role: string): Promise<boolean> =>
  (await admin(project, `select 1 from pg_roles where rolcanlogin and rolname = ${literal(role)}`)) === '1'

/** Lets a version's own login in where the server does not know it: one whose data were lost knows the owner alone. */
export async function restoreLogin(project: Project, { user, password }: Login): Promise<void> {
  if (!loginsOf(project.environment).includes(user) || (await mayLogIn(project, user))) return
  await settleOwner(project)
  await grantLogin(project, user, password)
}

/**
 * Whether a login with this password would be let in, asked as the backend asks: over the network, where a password
 * is demanded. The password goes in by standard input.
 * @throws Failure when the database does not say.
 */
export async function acceptsPassword(project: Project, login: string, password: string): Promise<boolean> {
  const script =
    'read -r PGPASSWORD; export PGPASSWORD PGCONNECT_TIMEOUT=5 PGOPTIONS="-c local_preload_libraries="; ' +
    'exec psql --no-psqlrc --no-password --host "$(hostname)" --username "$1" --dbname "$2" --command "select 1"'
  const words = ['sh', '-c', script, 'sh', login, project.environment.database.name]
  const ran = await untilLetIn(() => project.exec('db', words, { input: `${password}\n`, timeout: 30_000 }))
  if (ran.ok) return true
  if (/password authentication failed|no password supplied/.test(ran.stderr)) return false
  throw new Failure({
    what: `the database does not say whether ${login} may log in`,
    detail: lastLines(ran.stderr || ran.stdout, 5),
    fix: project.typed('logs', '--tail', '50', 'db'),
  })
}
