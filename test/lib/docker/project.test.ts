import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Project } from '../../../lib/docker/project.ts'
import { elsewhere, environmentIn, failureOf, inTemporary, withVariables } from '../fixtures.ts'

/** A `docker` that answers `ps` with two ids, and `inspect` as told. */
const withDocker = (inspect: string, act: (project: Project) => Promise<void>): Promise<void> =>
  inTemporary(async directory => {
    const script = `#!/bin/sh\nif [ "$1" = ps ]; then echo a; echo b; exit; fi\n${inspect}\n`
    writeFileSync(join(directory, 'docker'), script, { mode: 0o755 })
    await withVariables({ PATH: `${directory}:${process.env['PATH']}`, DOCKER_HOST: elsewhere }, () =>
      act(new Project(environmentIn(directory), { command: ['docker', 'compose'], version: '2' })),
    )
  })

const asking = suite('project: which containers there are')

asking('none any more, where they are removed between the two questions', () =>
  withDocker('echo []; echo Error: No such object: a >&2; exit 1', async project =>
    assert.equal(await project.containers(), []),
  ),
)

asking('an engine that goes away between them is a failure in its own words', () =>
  withDocker('echo error during connect: EOF >&2; exit 1', async project => {
    const { what, detail } = await failureOf(() => project.containers())
    assert.is(what, 'docker inspect a b failed with exit code 1')
    assert.is(detail, 'error during connect: EOF')
  }),
)

asking('a command in a service asks once, for its newest container', () =>
  inTemporary(async directory => {
    const script = `#!/bin/sh
[ "$1" = ps ] && { echo newer; echo older; }
echo "$*" >>${directory}/calls
`
    writeFileSync(join(directory, 'docker'), script, { mode: 0o755 })
    await withVariables({ PATH: `${directory}:${process.env['PATH']}`, DOCKER_HOST: elsewhere }, async () => {
      const project = new Project(environmentIn(directory), { command: ['docker', 'compose'], version: '2' })
      assert.ok((await project.exec('db', ['psql'])).ok)
    })
    const calls = readFileSync(join(directory, 'calls'), 'utf8').trimEnd().split('\n')
    assert.is(calls.length, 2, calls.join('\n'))
    assert.match(calls[0] ?? '', /label=com\.docker\.compose\.service=db$/)
    assert.is(calls[1], 'exec newer psql')
  }),
)

asking('a service without a container is a failure, and no other container of its name is asked', () =>
  inTemporary(async directory => {
    writeFileSync(join(directory, 'docker'), `#!/bin/sh\necho "$*" >>${directory}/calls\n`, { mode: 0o755 })
    await withVariables({ PATH: `${directory}:${process.env['PATH']}`, DOCKER_HOST: elsewhere }, async () => {
      const project = new Project(environmentIn(directory), { command: ['docker', 'compose'], version: '2' })
      const { what, fix } = await failureOf(() => project.exec('db', ['psql'], { input: 'drop table t' }))
      assert.is(what, `db has no container in ${project.environment.project}`)
      assert.is(fix, `cd ${directory} && docker compose up -d db`)
    })
    assert.not.match(readFileSync(join(directory, 'calls'), 'utf8'), 'exec')
  }),
)

asking.run()
