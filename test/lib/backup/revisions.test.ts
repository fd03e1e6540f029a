import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { revisionIn, versionTablesIn } from '../../../lib/backup/revisions.ts'

const reading = suite("a dump's revisions of the schema")

for (const [what, text, revision] of [
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
    "INSERT INTO public.alembic_version VALUES ('b2');\nINSERT INTO public.alembic_version VALUES ('a1');",
    'a1,b2',
  ],
  ['inserted, quoted', `INSERT INTO "public"."alembic_version" ("version_num") VALUES ('a1');`, 'a1'],
  [
    'inserted at once',
    "INSERT INTO public.alembic_version (version_num) VALUES\n\t('a1'),\n\t('b2');\nx",
    'a1,b2',
  ],
  ['another name', 'COPY ops."My Revisions" (version_num) FROM stdin;\na1\n\\.\n', 'a1'],
  [
    'another name, inserted',
    "INSERT INTO ops.revisions (version_num) VALUES ('a1');\nINSERT INTO ops.revisions (version_num) VALUES ('b2');",
    'a1,b2',
  ],
  [
    "another application's beside the usual one",
    'COPY a.alembic_version (version_num) FROM stdin;\nz9\n\\.\nCOPY public.alembic_version (version_num) FROM stdin;\na1\n\\.\n',
    'a1',
  ],
  ['no row', 'COPY public.alembic_version (version_num) FROM stdin;\n\\.\n', null],
  ['another table', 'COPY public.alembic_version_old (v) FROM stdin;\na1\n\\.\n', null],
] as const)
  reading(what, () => assert.is(revisionIn(text.split('\n')), revision))

reading('the table that the settings name, in quotes or not', () => {
  const lines = [
    ...['COPY public.alembic_version (version_num) FROM stdin;', 'z9', '\\.'],
    ...['COPY "My Ops".revisions (version_num) FROM stdin;', 'a1', '\\.'],
  ]
  assert.is(revisionIn(lines, { versionTable: '"My Ops"."revisions"' }), 'a1')
})

reading("the tables that are Alembic's, in what a schema has", () => {
  const found = [
    ...['CREATE TABLE ops.revisions (', '    version_num character varying(32) NOT NULL', ');', '--'],
    ...['CREATE TABLE "My Ops"."a ""b""" (', '    version_num character varying(255) NOT NULL', ');', '--'],
    ...['CREATE TABLE public.numbers (', '    version_num character varying(32) NOT NULL,', '    what text'],
  ]
  assert.equal(versionTablesIn(found.join('\n')), [
    { schema: 'ops', table: 'revisions' },
    { schema: 'My Ops', table: 'a "b"' },
  ])
})

reading.run()
