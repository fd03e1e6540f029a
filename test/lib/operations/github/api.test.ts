import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { githubOf } from '../../../../lib/operations/github/api.ts'
import { type IssueTracker, issueTracker } from '../../../sandbox/workflows/issues.ts'
import { failureOf } from '../../fixtures.ts'

const ours = ({ api }: Pick<IssueTracker, 'api'>, token = 'a-token') =>
  githubOf({ GITHUB_API_URL: api, GITHUB_REPOSITORY: 'vibotaj/tracehub', GITHUB_TOKEN: token }, [0, 0])

const asking = suite("api: GitHub's answers, and where it has none")

asking('what GitHub refuses is said, without the token', async () => {
  const tracker = await issueTracker('a-token')
  const github = ours(tracker, 'another')
  const failure = await failureOf(() => github.get('/issues'))
  tracker.close()
  assert.match(failure.what, /^GET http.*: 401$/)
  assert.is(failure.detail, '{"message":"Bad credentials"}')
  const away = await failureOf(() => github.get('/issues'))
  assert.match(away.what, /: no answer$/)
})

for (const [status, times] of [
  [502, 3],
  [429, 3],
  [403, 1],
] as const)
  asking(`GitHub answers ${status}: it is asked ${times} times`, async () => {
    const tracker = await issueTracker('a-token')
    tracker.answers.set('/issues', status)
    const read = await failureOf(() => ours(tracker).get('/issues'))
    tracker.close()
    assert.match(read.what, new RegExp(`: ${status}$`))
    assert.equal(tracker.asked, new Array(times).fill('GET /issues'))
  })
asking('what GitHub says the second time is taken', async () => {
  const tracker = await issueTracker('a-token')
  tracker.answers.set('/environments/production', 503)
  const answer = ours(tracker).get('/environments/production')
  const settled = answer.finally(() => tracker.close())
  while (tracker.asked.length === 0) await new Promise(resolve => setImmediate(resolve))
  tracker.answers.set('/environments/production', { name: 'production' })
  assert.equal(await settled, { name: 'production' })
})

asking('an answer that is cut in its middle is no answer', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('[')
    setTimeout(() => response.destroy(), 20)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const github = ours({ api: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  server.unref() // nor may a test that fails wait for it
  const failure = await failureOf(() => github.get('/issues'))
  assert.match(failure.what, /^GET http.*: no answer$/)
})

asking('outside a workflow it says what it needs', async () => {
  const failure = await failureOf(() => githubOf({ GITHUB_API_URL: 'http://x', GITHUB_REPOSITORY: '' }))
  assert.is(failure.exitCode, 2)
  assert.match(failure.what, 'must be set')
})

asking.run()
