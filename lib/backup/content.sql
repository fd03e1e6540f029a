-- What is in a database, as lines of JSON: what each table holds, where each sequence stands, what the schema is.
-- Read in the caller's transaction, in whose snapshot pg_dump may read at the same time. `hashed` is on where the
-- content is wanted and not only how many rows there are.

-- A row's text must not depend on who asks.
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local extra_float_digits = 3;
set local bytea_output = 'hex';
set local timezone = 'UTC';
set local xmloption = 'content';
set local row_security = off;
set local search_path = '';
set local statement_timeout = 0;
set local lock_timeout = 0;
set local idle_in_transaction_session_timeout = 0;

-- Sequences first: they are no part of the snapshot and move on while the dump is written.
select format(
  'select json_build_object(''sequence'', %L, ''at'', (case when is_called then last_value::numeric else last_value::numeric - %s end)::text) from %s',
  c.oid::regclass::text, s.seqincrement, c.oid::regclass)
from pg_class c join pg_sequence s on s.seqrelid = c.oid
where c.relpersistence <> 't' and has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select')
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.oid::regclass::text \gexec

-- The sum of the rows' hashes, not their exclusive or: that would not see a row that is there twice.
select format(
  'select json_build_object(''table'', %L, ''rows'', count(*)%s) from only %s as t',
  c.oid::regclass::text,
  case when :'hashed' = 'on' then ', ''hash'', coalesce(sum(hashtextextended(row(t.*)::text, 0)), 0)::text' else '' end,
  c.oid::regclass)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by pg_relation_size(c.oid) desc \gexec

-- From here on what is read is PostgreSQL's own.
select json_build_object('table', 'large objects', 'rows', count(*), 'hash', '0')
from pg_largeobject_metadata having count(*) > 0 and :'hashed' <> 'on';

select :'hashed' = 'on' as hashed \gset
\if :hashed

-- In pieces of a mebibyte: one large object may be far larger than a value can be.
select json_build_object('table', 'large objects', 'rows', (select count(*) from pg_largeobject_metadata), 'hash', coalesce(sum(
  hashtextextended(format('%s %s %s', object.loid, piece, lo_get(object.loid, piece * 1048576, 1048576)), 0)), 0)::text)
from (select loid, max(pageno)::bigint * 2048 / 1048576 as last from pg_largeobject group by loid) object,
  generate_series(0, object.last) piece
having exists (select from pg_largeobject_metadata);

-- Names and properties, but no expressions: PostgreSQL prints some of them otherwise after a restore.
with member as (select classid, objid from pg_depend where deptype = 'e'),
-- What is a superuser's (a range type's constructors always are, and what a person made as that) goes by the name of the
-- database's owner: that is who has it after a restore, and on some servers both are one.
who as (
  select r.oid, case when r.rolsuper then datdba else r.oid end::regrole::text as name from pg_roles r, pg_database
  where datname = current_database() union all select 0, '-'
),
ours as (
  select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relpersistence <> 't'
    and ('pg_class'::regclass, c.oid) not in (select classid, objid from member)
),
said as (
  select 'relations' as kind, format('%s %s %s %s %s %s %s', relkind, oid::regclass, (select name from who where who.oid = relowner),
    relpersistence, relrowsecurity, reloptions, (select string_agg(format('%s=%s', name, privilege_type || is_grantable), ' ' order by name, privilege_type)
      from aclexplode(coalesce(relacl, acldefault(case relkind when 'S' then 's'::"char" else 'r'::"char" end, relowner)))
      left join who on who.oid = grantee)) as line
  from ours where relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
  union all
  select 'columns', format('%s.%I %s %s %s %s %s %s %s', ours.oid::regclass, attname, format_type(atttypid, atttypmod),
    attnotnull, atthasdef, attidentity, attgenerated, attcollation::regcollation,
    (select string_agg(format('%s=%s', name, privilege_type), ' ' order by name, privilege_type)
      from aclexplode(attacl) left join who on who.oid = grantee))
  from ours join pg_attribute on attrelid = ours.oid
  where relkind in ('r', 'p', 'v', 'm', 'f', 'c') and attnum > 0 and not attisdropped
  union all
  select 'constraints', format('%s %I %s %s %s %s %s', conrelid::regclass, conname, contype, convalidated, condeferrable,
    confrelid::regclass, (select string_agg(attname, ',' order by attname) from pg_attribute where attrelid = conrelid and attnum = any (conkey)))
  from pg_constraint where conrelid in (select oid from ours)
  union all
  select 'indexes', format('%s %s %s %s %s %s', indexrelid::regclass, indrelid::regclass, indisunique, indisprimary, amname,
    (select string_agg(attname, ',' order by attname) from pg_attribute where attrelid = indrelid and attnum = any (indkey::int2[])))
  from pg_index join pg_class i on i.oid = indexrelid join pg_am on pg_am.oid = i.relam
  where indrelid in (select oid from ours) and (indisvalid or i.relkind = 'I')
  union all
  select 'functions', format('%s %s %s %s %s %s %s', p.oid::regprocedure, prokind, lanname, provolatile, prosecdef, md5(prosrc),
    (select name from who where who.oid = proowner))
  from pg_proc p join pg_namespace n on n.oid = pronamespace join pg_language l on l.oid = prolang
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and ('pg_proc'::regclass, p.oid) not in (select classid, objid from member)
  union all
  select 'types', format('%s %s %s %s %s', t.oid::regtype, typtype, (select name from who where who.oid = typowner), typbasetype::regtype,
    (select string_agg(quote_literal(enumlabel), ',' order by enumsortorder) from pg_enum where enumtypid = t.oid))
  from pg_type t join pg_namespace n on n.oid = typnamespace
  where typtype in ('e', 'd', 'r', 'b') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and typelem = 0
    and ('pg_type'::regclass, t.oid) not in (select classid, objid from member)
  union all
  select 'triggers', format('%s %I %s %s %s', tgrelid::regclass, tgname, tgenabled, tgtype, tgfoid::regprocedure)
  from pg_trigger where not tgisinternal and tgrelid in (select oid from ours)
  union all
  select 'policies', format('%s %I %s %s %s', polrelid::regclass, polname, polcmd, polpermissive,
    (select string_agg(name, ',' order by name) from who where oid = any (polroles)))
  from pg_policy where polrelid in (select oid from ours)
  union all
  select 'comments', format('%s %s %s', what.type, what.identity, d.description)
  from pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) what
  where d.objoid >= 16384 and (d.classoid, d.objoid) not in (select classid, objid from member)
  union all
  select 'schemas', format('%I %s %s', nspname, (select name from who where who.oid = nspowner),
    (select string_agg(format('%s=%s', name, privilege_type), ' ' order by name, privilege_type)
      from aclexplode(coalesce(nspacl, acldefault('n', nspowner))) left join who on who.oid = grantee))
  from pg_namespace n where nspname !~ '^pg_' and nspname <> 'information_schema' and ('pg_namespace'::regclass, n.oid) not in (select classid, objid from member)
  union all
  select 'extensions', format('%I %s', extname, extnamespace::regnamespace) from pg_extension
  union all
  select 'other objects', format('%s %s', what.type, what.identity)
  from (
    select tableoid, oid from pg_operator union all select tableoid, oid from pg_opclass union all select tableoid, oid from pg_opfamily
    union all select tableoid, oid from pg_collation union all select tableoid, oid from pg_conversion union all select tableoid, oid from pg_cast
    union all select tableoid, oid from pg_ts_config union all select tableoid, oid from pg_ts_dict union all select tableoid, oid from pg_statistic_ext
    union all select tableoid, oid from pg_foreign_server union all select tableoid, oid from pg_foreign_data_wrapper
    union all select tableoid, oid from pg_event_trigger union all select tableoid, oid from pg_publication
    union all select tableoid, oid from pg_default_acl union all select tableoid, oid from pg_rewrite
  ) object (catalog, oid), pg_identify_object(catalog, object.oid, 0) what
  where object.oid >= 16384 and (catalog, object.oid) not in (select classid, objid from member)
)
select json_build_object('schema', kind, 'hash', format('%s %s', count(*), md5(string_agg(line, chr(10) order by line collate "C"))))
from said group by kind order by kind;
\endif
