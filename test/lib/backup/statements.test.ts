import { execFileSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseStatements, reader, revisionIn, type Statements } from '../../../lib/backup/statements.ts'

const run = (sql: string, key: string): string =>
  execFileSync(
    'bash',
    [
      '-c',
      `perl -e "$1" "$2" keeper restorer ${key ? '3>/dev/null' : '3>&1 >/dev/null'}`,
      'bash',
      reader,
      key,
    ],
    {
      input: sql,
      encoding: 'utf8',
    },
  )
const found = (sql: string): Statements => parseStatements(run(sql, ''))
/** What goes on to psql, but for the first line. */
const passed = (sql: string): string => run(sql, 'key').replace('\\restrict key\n', '')

const reading = suite('the SQL of a backup: read as psql reads it')

const lines = String.raw`create function f(code text) returns boolean language plpgsql as $body$
begin
  return code ~ '^[A-Z]{3}U
\d{6}
\! it''s';
end
$body$;
comment on table glossary is 'How entries are written:
\section{Name}
\connect other';
comment on table glossary is E'it\'s
\! one';
/* of /* comments */
\! */
create table "odd
\! name" (a int);
COPY t (a) FROM stdin;
\! data
a\tb
\.
INSERT INTO t VALUES ('
\! inserted');
SET standard_conforming_strings = off;
INSERT INTO t VALUES ('\'
\! old');
`
reading('a line that begins with a backslash is no command in a string, a comment, a name or data', () => {
  assert.equal(found(lines).commands, [])
  assert.is(passed(lines), lines)
})

for (const [what, sql, at] of [
  ['after a space', ' \\! id', 1],
  ['behind a query', 'select 1 \\g |cmd', 9],
  ['behind a statement', 'select 1; \\! id', 10],
  ['after a comment', '/* a */ \\! id', 8],
  ['a second token', '\\restrict a\n\\restrict b\n', 12],
  ['behind data', 'COPY t FROM stdin;\n\\.\n\\! id\n', 22],
] as const)
  reading(`a command for psql: ${what}`, () => assert.is(found(sql).commands[0]?.at, at))

reading('the end of data is seen wherever a piece that is read at once ends', () => {
  const copy = 'COPY t FROM stdin;\n'
  for (let left = 0; left < 6; left += 1) {
    const sql = `${copy}${'x'.repeat(65_536 - copy.length - left)}\n\\.\nselect 1;\n \\! id\n`
    assert.is(found(sql).commands[0]?.at, sql.length - 6)
    assert.is(passed(sql), sql)
  }
})

for (const [what, sql, revision] of [
  ['as pg_dump writes it', 'COPY public.alembic_version (version_num) FROM stdin;\na1\n\\.\n', 'a1'],
  ['several heads', 'COPY public.alembic_version (version_num) FROM stdin;\nb2\na1\n\\.\nc3\n', 'a1,b2'],
  ['quoted', 'COPY "public"."alembic_version" ("version_num") FROM stdin;\na1\n\\.\n', 'a1'],
  [
    'a schema with spaces',
    'COPY "my ""old"" shop".alembic_version (version_num) FROM stdin;\na1\n\\.\n',
    'a1',
  ],
  [
    'inserted',
    "INSERT INTO public.alembic_version VALUES ('b2');\nINSERT INTO public.alembic_version VALUES ('a1');\n",
    'a1,b2',
  ],
  [
    'inserted at once',
    `INSERT INTO "my shop".alembic_version (version_num) VALUES\n\t('a1'),\n\t('b2');\n`,
    'a1,b2',
  ],
  ['another name', 'COPY ops."My Revisions" (version_num) FROM stdin;\na1\n\\.\n', 'a1'],
  ['another name, inserted', "INSERT INTO ops.revisions (version_num) VALUES ('a1');\n", 'a1'],
  [
    "another application's beside the usual one",
    'COPY a.alembic_version (version_num) FROM stdin;\nz9\n\\.\nCOPY public.alembic_version (version_num) FROM stdin;\na1\n\\.\n',
    'a1',
  ],
  ['no row', 'COPY public.alembic_version (version_num) FROM stdin;\n\\.\n', null],
  ['another table', 'COPY public.alembic_version_old (v) FROM stdin;\na1\n\\.\n', null],
] as const)
  reading(`revisions: ${what}`, () => assert.is(revisionIn(found(sql)), revision))

reading('revisions: the table that the settings name, in quotes or not', () => {
  const sql =
    'COPY public.alembic_version (version_num) FROM stdin;\nz9\n\\.\n' +
    'COPY "My Ops".revisions (version_num) FROM stdin;\na1\n\\.\n'
  assert.is(revisionIn(found(sql), { versionTable: '"My Ops"."revisions"' }), 'a1')
})

reading('what a role with no power cannot do is left for later, or is not needed', () => {
  const later = [
    'ALTER TABLE public.t OWNER TO reader;',
    'ALTER SCHEMA public OWNER TO keeper;',
    "COMMENT ON EXTENSION dblink IS 'connects';",
    'ALTER PUBLICATION p ADD TABLES IN SCHEMA app;',
    'ALTER DEFAULT PRIVILEGES FOR ROLE keeper IN SCHEMA public GRANT SELECT ON TABLES TO reader;',
  ]
  const left = [
    'ALTER TABLE public.t OWNER TO keeper;',
    'DROP TABLE public.t;',
    "CREATE SUBSCRIPTION erp CONNECTION 'x' PUBLICATION p;",
  ]
  const sql = [...later, ...left].join('\n')
  assert.equal(found(sql).later, later)
  assert.equal(found(sql).subscriptions, ['erp'])
  assert.is(passed(sql).trim(), '')
  assert.match(passed("select 'ALTER TABLE public.t OWNER TO keeper;';"), 'OWNER TO keeper')
  assert.match(passed('COPY t FROM stdin;\nALTER TABLE public.t OWNER TO keeper;\n\\.\n'), 'OWNER TO keeper')
  assert.is(passed('CREATE SCHEMA app;\n'), 'CREATE SCHEMA IF NOT EXISTS app;\n')
  assert.is(passed('GRANT ALL ON TABLE t TO keeper;\n'), 'GRANT ALL ON TABLE t TO keeper;\n')
  assert.match(
    passed(
      'ALTER TABLE public.t OWNER TO "the ""reader";\nREVOKE ALL ON TABLE public.t FROM "the ""reader";\n',
    ),
    'REVOKE ALL ON TABLE public.t FROM restorer;',
  )
  for (const verb of ['GRANT ALL ON TABLE public.t TO', 'REVOKE SELECT(a) ON TABLE public.t FROM']) {
    const table = 'ALTER TABLE public.t OWNER TO keeper;\n'
    assert.is(passed(`${table}${verb} keeper;\n`).trim(), `${verb} restorer;`)
    assert.is(passed(`${table}${verb} reader;\n`).trim(), `${verb} reader;`)
    assert.is(passed(`${verb} keeper;\n`).trim(), `${verb} keeper;`)
  }
})

reading('extensions, each with its schema', () => {
  const sql = 'CREATE EXTENSION IF NOT EXISTS dblink WITH SCHEMA "my tools";\nCREATE EXTENSION hstore;\n'
  assert.equal(found(sql).extensions, [
    { name: 'dblink', schema: 'my tools' },
    { name: 'hstore', schema: 'public' },
  ])
})

reading('event triggers are for the very end', () => {
  const last = [
    'CREATE EVENT TRIGGER audit ON ddl_command_end\n   EXECUTE FUNCTION public.note();',
    "COMMENT ON EVENT TRIGGER audit IS 'notes';",
  ]
  const sql = [...last, 'ALTER EVENT TRIGGER audit OWNER TO keeper;'].join('\n')
  assert.equal(found(sql).last, last)
  assert.is(passed(sql).trim(), '')
})

reading.run()
