import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ran } from '../../../lib/base/shell.ts'
import { remember, superuserOf } from '../../../lib/database/superuser.ts'
import type { Project } from '../../../lib/docker/project.ts'
import { environmentIn } from '../fixtures.ts'

const whom = suite('as whom the toolkit asks')

const answers = (stdout: string): Ran => ({ ok: true, code: 0, stdout: `${stdout}\n`, stderr: '' })
const refuses = (stderr: string): Ran => ({ ok: false, code: 2, stdout: '', stderr })
const unknown = (role: string): Ran => refuses(`psql: error: FATAL:  role "${role}" does not exist`)

/** A server that answers each role so, and how often it was asked. */
function server(roles: Record<string, Ran>): { project: Project; asked: string[] } {
  const asked: string[] = []
  const exec = (_: string, words: readonly string[]): Promise<Ran> => {
    const role = words[words.indexOf('--username') + 1] ?? ''
    asked.push(role)
    return Promise.resolve(roles[role] ?? unknown(role))
  }
  return { project: { environment: environmentIn('/x'), exec } as unknown as Project, asked }
}

whom('the toolkit has a role of its own, and asks once', async () => {
  const { project, asked } = server({ keeper_admin: answers('keeper_admin') })
  assert.is(await superuserOf(project), 'keeper_admin')
  assert.is(await superuserOf(project), 'keeper_admin')
  assert.equal(asked, ['keeper_admin'])
})

whom(
  "an environment of before: the application's role is the superuser, until it has another name",
  async () => {
    const { project, asked } = server({ keeper: answers('keeper') })
    assert.is(await superuserOf(project), 'keeper')
    assert.equal(asked, ['keeper_admin', 'keeper'])
    remember(project, 'keeper_admin')
    assert.is(await superuserOf(project), 'keeper_admin')
  },
)

whom('a server that somebody else has made tells who its superuser is', async () =>
  assert.is(await superuserOf(server({ keeper: answers('postgres') }).project), 'postgres'),
)

whom('a server that does not answer is asked again the next time', async () => {
  const roles: Record<string, Ran> = { keeper_admin: refuses('FATAL:  the database system is starting up') }
  const { project } = server(roles)
  assert.is(await superuserOf(project), 'keeper_admin')
  roles['keeper_admin'] = unknown('keeper_admin')
  roles['keeper'] = answers('keeper')
  assert.is(await superuserOf(project), 'keeper')
})

whom('functions and operators that somebody has made in that database are not found', async () => {
  const asked: (readonly string[])[] = []
  const { project } = server({ keeper_admin: answers('keeper_admin') })
  const exec: Project['exec'] = (service, words, options) => {
    asked.push(words)
    return project.exec(service, words, options)
  }
  await superuserOf({ environment: project.environment, exec } as unknown as Project)
  assert.equal(
    asked.map(words => words.slice(0, 3)),
    [['env', 'PGOPTIONS=-c search_path=pg_catalog', 'psql']],
  )
})

whom.run()
