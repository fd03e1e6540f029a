import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { causeIn } from '../../../lib/backup/refusal.ts'
import { environmentIn } from '../fixtures.ts'

const causes = suite('what PostgreSQL refused: the next step fits the cause')
const project = {
  environment: environmentIn('/home/app'),
  typed: (...words: readonly string[]): string => words.join(' '),
}

causes('a role that is not here', () => {
  const cause = causeIn('psql:x.sql:9: ERROR:  role "my reader" does not exist', project, 'keeper_admin')
  assert.is(cause?.why, 'it names the role my reader, which this server does not have')
  assert.match(cause?.fix ?? '', `exec db psql -U keeper_admin -d postgres -c 'create role "my reader"'`)
})

causes('an extension that is not here', () => {
  const cause = causeIn('ERROR:  extension "postgis" is not available\nDETAIL:  …', project, 'keeper_admin')
  assert.is(cause?.why, "it needs the extension postgis, which the database's image does not have")
})

causes('an extension that only a superuser may make', () => {
  const cause = causeIn(
    'ERROR:  permission denied to create extension "dblink"\nHINT:  …',
    project,
    'keeper_admin',
  )
  assert.match(
    cause?.why ?? '',
    'it needs the extension dblink, which the live database does not have and only a superuser may make',
  )
  assert.match(cause?.fix ?? '', `exec db psql -U keeper_admin -d tracehub -c 'create extension "dblink"'`)
})

causes('what reaches beyond its database', () => {
  for (const said of [
    'ERROR:  permission denied to create role',
    'ERROR:  must be owner of database tracehub',
    'ERROR:  permission denied for language c',
  ])
    assert.match(
      causeIn(said, project, 'keeper_admin')?.why ?? '',
      'it wants what only a superuser may do',
      said,
    )
  const command = 'error: backslash commands are restricted; only \\unrestrict is allowed'
  assert.match(causeIn(command, project, 'keeper_admin')?.why ?? '', 'it has a command for psql')
})

causes('anything else has no cause that is known', () =>
  assert.is(causeIn('ERROR:  division by zero', project, 'keeper_admin'), undefined),
)

causes.run()
