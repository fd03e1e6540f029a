import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  engineSocket,
  inspectContainers,
  listContainers,
  listImages,
  listPath,
} from '../../../lib/docker/engine-api.ts'
import { inTemporary, withVariables } from '../fixtures.ts'

const socket = suite('engine-api: where the engine is')

socket('where the docker CLI would go, too', () =>
  inTemporary(directory => {
    const none = { DOCKER_CONFIG: directory }
    assert.is(engineSocket(none), '/var/run/docker.sock')
    assert.is(
      engineSocket({ ...none, DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }),
      '/run/user/1000/docker.sock',
    )
    assert.is(engineSocket({ ...none, DOCKER_CONTEXT: 'default' }), '/var/run/docker.sock')
  }),
)

socket('not here, where the CLI would go to another machine or context', () =>
  inTemporary(directory => {
    const none = { DOCKER_CONFIG: directory }
    assert.is(engineSocket({ ...none, DOCKER_HOST: 'ssh://ada@example.com' }), undefined)
    assert.is(engineSocket({ ...none, DOCKER_HOST: 'tcp://10.0.0.1:2376' }), undefined)
    assert.is(engineSocket({ ...none, DOCKER_CONTEXT: 'rootless' }), undefined)
    writeFileSync(join(directory, 'config.json'), '{"currentContext": "rootless"}')
    assert.is(engineSocket(none), undefined)
    writeFileSync(join(directory, 'config.json'), '{"auths": {}}')
    assert.is(engineSocket(none), '/var/run/docker.sock')
    writeFileSync(join(directory, 'config.json'), 'broken')
    assert.is(engineSocket(none), undefined)
  }),
)

socket.run()

type Answers = Readonly<Record<string, readonly [status: number, body: string]>>

/** An engine that answers as told by path; 500 to all else. */
const withEngine = (answers: Answers, act: () => Promise<void>): Promise<void> =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'run'))
    const path = join(directory, 'run', 'docker.sock')
    const server = createServer((asked, answer) => {
      const [status, body] = answers[asked.url ?? ''] ?? [500, '{"message": "no"}']
      answer.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    await new Promise<void>(resolve => server.listen(path, resolve))
    try {
      await withVariables({ DOCKER_HOST: `unix://${path}` }, act)
    } finally {
      server.close()
    }
  })

const asking = suite('engine-api: which containers there are')
const labels = ['com.docker.compose.project=tracehub', 'com.docker.compose.oneoff=False']

asking('the path of the question', () =>
  assert.is(
    decodeURIComponent(listPath(labels)),
    '/containers/json?all=1&filters={"label":["com.docker.compose.project=tracehub","com.docker.compose.oneoff=False"]}',
  ),
)

asking('the size of each image, also of one that has no tag', () =>
  withEngine({ '/images/json?all=1': [200, '[{"Id": "a", "Size": 7}, {"Id": "b", "Size": 8}]'] }, async () =>
    assert.equal(
      [...((await listImages()) ?? [])],
      [
        ['a', 7],
        ['b', 8],
      ],
    ),
  ),
)
asking('an engine that does not list its images: the CLI is asked', () =>
  withEngine({}, async () => assert.is(await listImages(), undefined)),
)

asking('their ids, and what is known of them; one that is gone by then is left out', () =>
  withEngine(
    {
      [listPath(labels)]: [200, '[{"Id": "a"}, {"Id": "b"}]'],
      '/containers/a/json': [200, '{"Id": "a"}'],
      '/containers/b/json': [404, '{"message": "No such container: b"}'],
    },
    async () => {
      assert.equal(await listContainers(labels), ['a', 'b'])
      assert.is(await inspectContainers(['a', 'b']), '[{"Id":"a"}]')
    },
  ),
)

asking('an engine that does not answer as expected is left to the CLI', () =>
  withEngine({ [listPath(labels)]: [200, '[{"Id": "a"'], '/containers/a/json': [200, '{}'] }, async () => {
    assert.is(await listContainers(labels), undefined)
    assert.is(await listContainers([]), undefined)
    assert.is(await inspectContainers(['a', 'b']), undefined)
  }),
)

asking('nobody there', () =>
  withVariables({ DOCKER_HOST: 'unix:///nowhere/docker.sock' }, async () =>
    assert.is(await listContainers(labels), undefined),
  ),
)

asking.run()
