/** Names, texts and types as pg_dump writes them: what is not within quotes begins no comment, string or statement. */
const name = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)`
const within = `${name}\\.${name}`
const type = String.raw`(?:${name}|\d|[.\[\] (),])*`
const text = String.raw`'(?:[^'\\]|'')*'`
const options = String.raw`(?: WITH \(\w+ = (?:${text}|\w+)(?:, \w+ = (?:${text}|\w+))*\))?`
const kinds = [
  'TABLE|SEQUENCE|VIEW|MATERIALIZED VIEW|FOREIGN TABLE|TYPE|DOMAIN|COLLATION|CONVERSION|STATISTICS',
  'TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY',
].join('|')

const harmless = [
  `ALTER (?:${kinds}) ${within} OWNER TO ${name}`,
  `ALTER (?:SCHEMA|PUBLICATION|SERVER) ${name} OWNER TO ${name}`,
  `ALTER LARGE OBJECT \\d+ OWNER TO ${name}`,
  `ALTER (?:FUNCTION|PROCEDURE|AGGREGATE) ${within}\\((?:\\*|${type})\\) OWNER TO ${name}`,
  // What would begin a comment ends the match: a name in quotes after it may have several lines.
  String.raw`ALTER OPERATOR ${name}\.(?![^ (]*(?:--|/\*))[-+*/<>=~!@#%^&|?\x60]+ \(${type}\) OWNER TO ${name}`,
  `ALTER OPERATOR (?:CLASS|FAMILY) ${within} USING ${name} OWNER TO ${name}`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${name} (?:IN SCHEMA ${name} )?(?:GRANT|REVOKE) [A-Z, ]+ ON [A-Z ]+ (?:TO|FROM) ${name}(?: WITH GRANT OPTION)?`,
  `CREATE PUBLICATION ${name} FOR ALL TABLES${options}`,
  `ALTER PUBLICATION ${name} ADD TABLES IN SCHEMA ${name}`,
  `COMMENT ON EXTENSION ${name} IS ${text}`,
].map(one => new RegExp(`^${one};$`))

/**
 * Whether a statement may be run by a superuser in a restored database: it changes one owner, one default or one
 * comment, or makes a publication, and nothing in it can call a function.
 */
export const isHarmless = (statement: string): boolean => harmless.some(one => one.test(statement))

const gives = new RegExp(` OWNER TO (${name});$`)

/** The role to which a statement gives something, as PostgreSQL reads its name; undefined where it gives nothing. */
export function ownerGivenBy(statement: string): string | undefined {
  const role = gives.exec(statement)?.[1]
  return role?.startsWith('"') ? role.slice(1, -1).replaceAll('""', '"') : role?.toLowerCase()
}

/** Whoever runs the statement. */
export const isWhoeverRuns = (role: string): boolean =>
  /^(current_user|current_role|session_user)$/.test(role)

const eventTrigger = new RegExp(
  String.raw`^CREATE EVENT TRIGGER (${name}) ON \w+\s+(?:WHEN TAG IN \(${text}(?:, ${text})*\)\s+)?EXECUTE FUNCTION ${within}\(\);$`,
)
const itsComment = new RegExp(`^COMMENT ON EVENT TRIGGER ${name} IS ${text};$`)

/**
 * A statement about an event trigger as a superuser may run it; undefined where it is none. What an event trigger calls
 * has the rights of whoever changes the schema, so it is made switched off: a person looks at it first.
 */
export function triggerSwitchedOff(statement: string): string | undefined {
  const [, trigger] = eventTrigger.exec(statement) ?? []
  if (trigger !== undefined) return `begin; ${statement}\nalter event trigger ${trigger} disable; commit;`
  return itsComment.test(statement) ? statement : undefined
}
