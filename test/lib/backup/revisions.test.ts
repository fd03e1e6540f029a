import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { revisionIn } from '../../../lib/backup/revisions.ts'

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
  ['no row', 'COPY public.alembic_version (version_num) FROM stdin;\n\\.\n', null],
  ['another table', 'COPY public.alembic_version_old (v) FROM stdin;\na1\n\\.\n', null],
] as const)
  reading(what, () => assert.is(revisionIn(text.split('\n')), revision))

reading.run()
