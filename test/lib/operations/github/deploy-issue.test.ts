import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { githubOf } from '../../../../lib/operations/github/api.ts'
import {
  type DeployReport,
  failureText,
  keepIssue,
  lookAtJobs,
  readNeeds,
  titleOf,
  verdictOn,
} from '../../../../lib/operations/github/deploy-issue.ts'
import { type IssueTracker, issueTracker } from '../../../sandbox/workflows/issues.ts'
import { failureOf } from '../../fixtures.ts'

const report = (jobs: Record<string, string>, more: Partial<DeployReport> = {}): DeployReport => ({
  environment: 'staging',
  jobs,
  problem: '',
  failed: [],
  unapproved: false,
  refused: [],
  tag: 'develop-3f1c9a0',
  who: 'ada',
  page: 'https://github.example/vibotaj/tracehub/actions/runs/7',
  ...more,
})
const ours = ({ api }: IssueTracker) =>
  githubOf({ GITHUB_API_URL: api, GITHUB_REPOSITORY: 'vibotaj/tracehub', GITHUB_TOKEN: 'a-token' }, [0, 0])
const bad = { images: 'success', deploy: 'failure' }
const good = { images: 'success', deploy: 'success' }

const reading = suite('deploy-issue: what a workflow says of its jobs')

reading('results, and the words of the deploy', () =>
  assert.equal(
    readNeeds(
      JSON.stringify({
        images: { result: 'success', outputs: { tag: 'x' } },
        deploy: { result: 'failure', outputs: { tag: 'develop-1', problem: 'no disk' } },
      }),
    ),
    { jobs: { images: 'success', deploy: 'failure' }, problem: 'no disk', refused: [], tag: 'develop-1' },
  ),
)
for (const text of ['', 'null', '{', '[1]', '{"deploy":null}', '{"deploy":{}}', '{"deploy":{"result":1}}'])
  reading(`${text || 'nothing'} is refused`, async () => {
    const failure = await failureOf(() => readNeeds(text))
    assert.is(failure.what, 'NEEDS is not what toJSON(needs) gives')
    assert.is(failure.exitCode, 2)
  })
for (const [jobs, verdict] of [
  [bad, 'failed'],
  [{ backend: 'failure', images: 'skipped', deploy: 'skipped' }, 'failed'],
  [good, 'works'],
  [{ backend: 'skipped', images: 'skipped', deploy: 'success' }, 'works'],
  [{ images: 'skipped', deploy: 'skipped' }, 'undecided'],
  [{ images: 'success', deploy: 'cancelled' }, 'failed'], // out of time: a cancelled workflow does not come here
  [{ images: 'cancelled', deploy: 'skipped' }, 'failed'],
  [{ allowed: 'failure', images: 'success', deploy: 'skipped' }, 'failed'],
] as const)
  reading(`${Object.values(jobs)}: ${verdict}`, () =>
    assert.is(verdictOn({ jobs, refused: [], unapproved: false }), verdict),
  )

for (const [jobs, verdict] of [
  [bad, 'undecided'],
  [{ images: 'failure', deploy: 'failure' }, 'failed'],
] as const)
  reading(`${Object.values(jobs)}, not approved: ${verdict}`, () =>
    assert.is(verdictOn({ jobs, refused: [], unapproved: true }), verdict),
  )
for (const [result, images, verdict] of [
  ['this run', 'success', 'undecided'],
  ['this run', 'failure', 'failed'],
  ['', 'success', 'failed'],
] as const)
  reading(`May it says no, refused: "${result}", images ${images}: ${verdict}`, () => {
    const needs = {
      allowed: { result: 'failure', outputs: { problem: 'the tag is v1', refused: result } },
      images: { result: images },
      deploy: { result: 'skipped' },
    }
    assert.is(verdictOn({ ...readNeeds(JSON.stringify(needs)), unapproved: false }), verdict)
  })
reading('whichever job it was that said why', () =>
  assert.is(
    readNeeds(
      JSON.stringify({
        allowed: { result: 'failure', outputs: { problem: 'nobody is asked' } },
        deploy: { result: 'skipped', outputs: {} },
      }),
    ).problem,
    'nobody is asked',
  ),
)
for (const [what, jobs, expected] of [
  [
    'a deploy that failed, and a job that ran out of time',
    [
      { name: 'staging / images / backend / Backend: lint', conclusion: 'timed_out', steps: [{}] },
      { name: 'staging / Deploy', conclusion: 'failure', steps: [{ name: 'Set up job' }] },
      { name: 'staging / Issue', conclusion: null, steps: [{}] },
    ],
    {
      failed: ['staging / images / backend / Backend: lint (out of time)', 'staging / Deploy'],
      unapproved: false,
    },
  ],
  ['GitHub does not know them', undefined, { failed: [], unapproved: false }],
  ['the token may not ask', 403, { failed: [], unapproved: false }],
  ['GitHub is out of order', 502, { failed: [], unapproved: false }],
] as const)
  reading(`the jobs: ${what}`, async () => {
    const tracker = await issueTracker('a-token')
    if (jobs)
      tracker.answers.set('/actions/runs/7/attempts/2/jobs', typeof jobs === 'number' ? jobs : { jobs })
    try {
      assert.equal(
        await lookAtJobs(ours(tracker), { id: '7', attempt: '2', environment: 'production' }),
        expected,
      )
    } finally {
      tracker.close()
    }
  })

const days = (number: number) => ({
  created_at: '2026-11-01T00:00:00Z',
  completed_at: new Date(Date.parse('2026-11-01T00:00:00Z') + number * 86_400_000).toISOString(),
})
const answered = (state: string, ...environments: string[]) => ({
  state,
  environments: environments.map(name => ({ name })),
})
for (const [what, job, approvals, unapproved] of [
  ['rejected', days(1), [answered('rejected', 'production')], true],
  ['never approved', days(30), [], true],
  ['never approved, and GitHub does not tell', days(30), 502, true],
  ['approved, and no machine came for it', days(1), [answered('approved', 'production')], false],
  ['rejected for another environment', days(1), [answered('rejected', 'staging')], false],
  ['its branch may not deploy: nobody was asked', days(0), [], false],
  ['GitHub does not tell', days(1), 502, false],
  ['GitHub does not tell when', {}, [], false],
  ['rejected, yet it has steps', { ...days(1), steps: [{}] }, [answered('rejected', 'production')], false],
] as const)
  reading(`a deploy without a step: ${what}: ${unapproved ? 'a decision' : 'a failure'}`, async () => {
    const tracker = await issueTracker('a-token')
    const deploy = { name: 'production / Deploy', conclusion: 'failure', steps: [], ...job }
    tracker.answers.set('/actions/runs/7/attempts/2/jobs', { jobs: [deploy] })
    tracker.answers.set('/actions/runs/7/approvals', approvals)
    try {
      assert.equal(await lookAtJobs(ours(tracker), { id: '7', attempt: '2', environment: 'production' }), {
        failed: ['production / Deploy'],
        unapproved,
      })
    } finally {
      tracker.close()
    }
  })

reading.run()

const writing = suite('deploy-issue: its text')

writing('what, who, where, why', () =>
  assert.is(
    failureText(report(bad, { problem: 'no disk\n→ free some' })),
    'Bringing develop-3f1c9a0 by ada to staging failed in: deploy.\n\n' +
      '```text\nno disk\n→ free some\n```\n\n' +
      '[The workflow run](https://github.example/vibotaj/tracehub/actions/runs/7) has the whole log.',
  ),
)
writing('the jobs by their full names, and what ran out of time', () => {
  assert.match(
    failureText(report(bad, { failed: ['staging / images / Trivy', 'staging / Deploy (out of time)'] })),
    'failed in: staging / images / Trivy, staging / Deploy (out of time).',
  )
  assert.match(failureText(report({ deploy: 'cancelled' })), 'failed in: deploy (out of time).')
})
writing('a log cannot leave its block, and has an end', () => {
  const text = failureText(report(bad, { problem: `\`\`\`\n@everyone \u001b[2J${'x'.repeat(10_000_000)}` }))
  assert.is(text.split('```').length, 3)
  assert.ok(text.length < 21_000)
  assert.not.match(text, '\u001b')
})

writing.run()

const keeping = suite('deploy-issue: one issue an environment')

keeping('opened once, added to, closed when deploying works; another environment has its own', async () => {
  const tracker = await issueTracker('a-token')
  const github = githubOf({
    GITHUB_API_URL: tracker.api,
    GITHUB_REPOSITORY: 'vibotaj/tracehub',
    GITHUB_TOKEN: 'a-token',
  })
  try {
    assert.match(await keepIssue(github, report(good)), 'no issue says otherwise')
    assert.match(await keepIssue(github, report({ deploy: 'skipped' })), 'no issue is needed')
    assert.match(
      await keepIssue(github, report(bad, { unapproved: true })),
      'not approved, which is no failure',
    )
    assert.match(
      await keepIssue(github, report({ allowed: 'failure', deploy: 'skipped' }, { refused: ['allowed'] })),
      'this run alone was refused',
    )
    assert.match(await keepIssue(github, report(bad, { problem: 'first' })), /^opened .*\/issues\/1$/)
    assert.match(
      await keepIssue(github, report(bad, { environment: 'production' })),
      /^opened .*\/issues\/2$/,
    )
    assert.match(await keepIssue(github, report(bad, { problem: 'second' })), /^added to .*\/issues\/1$/)
    assert.match(await keepIssue(github, report(good)), /^closed .*\/issues\/1$/)
    assert.match(await keepIssue(github, report(bad)), /^opened .*\/issues\/3$/)
    const [staging, production] = tracker.issues
    assert.is(staging?.title, titleOf('staging'))
    assert.match(`${staging?.body}`, 'first')
    assert.is(staging?.comments.length, 2)
    assert.match(`${staging?.comments[0]}`, 'second')
    assert.is(staging?.state, 'closed')
    assert.is(production?.state, 'open')
  } finally {
    tracker.close()
  }
})

keeping('what GitHub refuses is said, without the token', async () => {
  const tracker = await issueTracker('a-token')
  const github = githubOf({
    GITHUB_API_URL: tracker.api,
    GITHUB_REPOSITORY: 'vibotaj/tracehub',
    GITHUB_TOKEN: 'another',
  })
  const failure = await failureOf(() => keepIssue(github, report(bad)))
  tracker.close()
  assert.match(failure.what, /^GET http.*: 401$/)
  assert.is(failure.detail, '{"message":"Bad credentials"}')
  const away = await failureOf(() => keepIssue(github, report(bad)))
  assert.match(away.what, /: no answer$/)
})

for (const [status, times] of [
  [502, 3],
  [429, 3],
  [403, 1],
] as const)
  keeping(`GitHub answers ${status}: a question is asked ${times} times, an order given once`, async () => {
    const tracker = await issueTracker('a-token')
    tracker.answers.set('/issues', status)
    const read = await failureOf(() => ours(tracker).request('GET', '/issues'))
    const write = await failureOf(() => ours(tracker).request('POST', '/issues', {}))
    tracker.close()
    assert.match(read.what, new RegExp(`: ${status}$`))
    assert.match(write.what, new RegExp(`: ${status}$`))
    assert.equal(tracker.asked, [...new Array(times).fill('GET /issues'), 'POST /issues'])
  })
keeping('what GitHub says the second time is taken', async () => {
  const tracker = await issueTracker('a-token')
  tracker.answers.set('/environments/production', 503)
  const answer = ours(tracker).request('GET', '/environments/production')
  const settled = answer.finally(() => tracker.close())
  while (tracker.asked.length === 0) await new Promise(resolve => setImmediate(resolve))
  tracker.answers.set('/environments/production', { name: 'production' })
  assert.equal(await settled, { name: 'production' })
})

keeping('an answer that is cut in its middle is no answer', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('[')
    setTimeout(() => response.destroy(), 20)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const github = githubOf({
    GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    GITHUB_REPOSITORY: 'vibotaj/tracehub',
    GITHUB_TOKEN: 'a-token',
  })
  server.unref() // nor may a test that fails wait for it
  const failure = await failureOf(() => keepIssue(github, report(bad)))
  assert.match(failure.what, /^GET http.*: no answer$/)
})

keeping('outside a workflow it says what it needs', async () => {
  const failure = await failureOf(() => githubOf({ GITHUB_API_URL: 'http://x', GITHUB_REPOSITORY: '' }))
  assert.is(failure.exitCode, 2)
  assert.match(failure.what, 'must be set')
})

keeping.run()
