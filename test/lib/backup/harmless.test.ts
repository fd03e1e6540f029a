import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isHarmless, ownerGivenBy, triggerSwitchedOff } from '../../../lib/backup/harmless.ts'

const harmless = suite('what a superuser may run of a backup')

for (const statement of [
  'ALTER TABLE "odd ""schema"."a\nb" OWNER TO reader;',
  'ALTER SCHEMA public OWNER TO keeper;',
  'ALTER FUNCTION public.add(a integer, b numeric(1,2)[]) OWNER TO reader;',
  'ALTER FUNCTION public.add(a timestamp without time zone, VARIADIC b "my ""shop".kind[]) OWNER TO "my reader";',
  'ALTER AGGREGATE public.total(*) OWNER TO reader;',
  'ALTER OPERATOR public.+ (integer, NONE) OWNER TO reader;',
  'ALTER LARGE OBJECT 123 OWNER TO reader;',
  "CREATE PUBLICATION p FOR ALL TABLES WITH (publish = 'insert, update', publish_via_partition_root = true);",
  'ALTER PUBLICATION p ADD TABLES IN SCHEMA app;',
  "COMMENT ON EXTENSION dblink IS 'it''s\nhere; really';",
  'ALTER DEFAULT PRIVILEGES FOR ROLE keeper IN SCHEMA public GRANT SELECT ON TABLES TO reader;',
])
  harmless(`harmless: ${statement}`, () => assert.ok(isHarmless(statement)))

for (const statement of [
  'ALTER TABLE public.t ADD COLUMN c int DEFAULT trap(), OWNER TO reader;',
  'ALTER TABLE t OWNER TO reader;',
  'ALTER FUNCTION lo_import(text) OWNER TO reader;',
  'ALTER FUNCTION public.f(kind($$a"$$)) OWNER TO x; create role owned; --") OWNER TO reader;',
  'ALTER FUNCTION public.f(a text) OWNER TO x; create role owned; ALTER FUNCTION public.f() OWNER TO reader;',
  'ALTER OPERATOR public.--("\n+(int,int) OWNER TO x; create role owned; --") OWNER TO reader;',
  'ALTER OPERATOR public./*("*/ +(int,int) OWNER TO x; create role owned; --") OWNER TO reader;',
  'ALTER DATABASE tracehub OWNER TO reader;',
  'ALTER TABLE public.t OWNER TO reader; drop role x;',
  'ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b; select trap();',
  "COMMENT ON EXTENSION dblink IS 'a\\'; create role owned; --';",
  "COMMENT ON EXTENSION dblink IS E'a';",
  "CREATE PUBLICATION p FOR ALL TABLES WITH (a' = 1);",
])
  harmless(`not harmless: ${statement}`, () => assert.not.ok(isHarmless(statement)))

harmless('whose a thing becomes', () => {
  assert.is(ownerGivenBy('ALTER TABLE public.t OWNER TO reader;'), 'reader')
  assert.is(ownerGivenBy('ALTER TABLE public.t OWNER TO READER;'), 'reader', 'as PostgreSQL reads it')
  assert.is(ownerGivenBy('ALTER TABLE public.t OWNER TO "the ""reader";'), 'the "reader')
  assert.is(ownerGivenBy("COMMENT ON EXTENSION x IS ' OWNER TO reader';"), undefined)
})

harmless('an event trigger is made switched off, and nothing else passes for one', () => {
  const trigger =
    "CREATE EVENT TRIGGER audit ON ddl_command_end\n         WHEN TAG IN ('DROP TABLE')\n   EXECUTE FUNCTION public.note();"
  assert.is(triggerSwitchedOff(trigger), `begin; ${trigger}\nalter event trigger audit disable; commit;`)
  const comment = "COMMENT ON EVENT TRIGGER audit IS 'notes';"
  assert.is(triggerSwitchedOff(comment), comment)
  for (const other of [
    'CREATE EVENT TRIGGER a ON x EXECUTE FUNCTION public.f(); select trap();',
    'CREATE EVENT TRIGGER a ON x EXECUTE FUNCTION f();',
    'CREATE ROLE owned;',
  ])
    assert.is(triggerSwitchedOff(other), undefined)
})

harmless.run()
