import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ensurePrograms } from './sandbox/apt.ts'
import { interpolate } from './sandbox/workflows/expressions.ts'
import { ghsPlace, type IssueTracker, issueTracker } from './sandbox/workflows/issues.ts'
import { readWorkflow } from './sandbox/workflows/shapes.ts'
import { runStep } from './sandbox/workflows/step.ts'

const github = join(import.meta.dirname, '..', '.github')
const job = readWorkflow(join(github, 'workflows', 'deploy.yml')).jobs['report']
const step = job?.steps?.[0]
assert.is(job?.steps?.length, 1, 'it needs nothing of the repository')

type Need = string | { result: string; outputs?: Readonly<Record<string, string>> }
interface Told {
  readonly environment?: string
  readonly token?: string
}

/** Runs the workflow's own step, with GitHub's own program played by one that asks the tracker. */
async function report(tracker: IssueTracker, needs: Readonly<Record<string, Need>>, told: Told = {}) {
  const whole = Object.entries(needs).map(([name, need]) => [
    name,
    typeof need === 'string' ? { result: need, outputs: {} } : { outputs: {}, ...need },
  ])
  const values = {
    github: {
      run_id: '7',
      repository: 'vibotaj/tracehub',
      server_url: 'https://github.example',
      token: told.token ?? 'a-token',
    },
    inputs: { environment: told.environment ?? 'staging' },
    needs: Object.fromEntries(whole),
  }
  const env = Object.entries(step?.env ?? {}).map(([name, value]) => [
    name,
    interpolate(value, { values, status: 'success' }),
  ])
  return runStep({
    name: 'report',
    script: `sleep() { :; }\n${step?.run}`,
    shell: undefined,
    cwd: github,
    env: {
      PATH: `${ghsPlace}:${process.env['PATH']}`,
      GITHUB_API_URL: tracker.api,
      GITHUB_REPOSITORY: 'vibotaj/tracehub',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_ACTOR: 'ada',
      ...Object.fromEntries(env),
    },
  })
}

async function onTracker(act: (tracker: IssueTracker) => Promise<void>): Promise<void> {
  const tracker = await issueTracker('a-token')
  try {
    await act(tracker)
  } finally {
    tracker.close()
  }
}

const tag = 'develop-3f1c9a0'
const failed = (problem: string): Need => ({ result: 'failure', outputs: { tag, problem } })
const works: Need = { result: 'success', outputs: { tag } }
const bad = { allowed: 'success', images: 'success', deploy: failed('') }
const good = { allowed: 'success', images: 'success', deploy: works }

const verdicts = suite('deploy issue: what wants one')
verdicts.before(() => ensurePrograms(say => process.stderr.write(`${say}\n`), { jq: ['jq'] }))

const refused = (said: string): Need => ({
  result: 'failure',
  outputs: { problem: 'the tag is v1', refused: said },
})
for (const [needs, verdict] of [
  [bad, 'failed'],
  [{ allowed: 'success', images: 'failure', deploy: 'skipped' }, 'failed'],
  [good, 'works'],
  [{ allowed: 'success', images: 'skipped', deploy: works }, 'works'],
  [{ allowed: 'success', images: 'skipped', deploy: 'skipped' }, 'undecided'],
  [{ allowed: 'success', images: 'success', deploy: 'cancelled' }, 'failed'], // out of time: a cancelled workflow does not come here
  [{ allowed: 'success', images: 'cancelled', deploy: 'skipped' }, 'failed'],
  [{ allowed: 'success', images: 'timed_out', deploy: 'skipped' }, 'failed'],
  [{ allowed: 'failure', images: 'success', deploy: 'skipped' }, 'failed'],
  [{ allowed: refused('this run'), images: 'success', deploy: 'skipped' }, 'undecided'],
  [{ allowed: refused('this run'), images: 'failure', deploy: 'skipped' }, 'failed'],
  [{ allowed: refused(''), images: 'success', deploy: 'skipped' }, 'failed'],
  [{ allowed: 'success', images: 'success', deploy: refused('this run') }, 'undecided'],
] as const)
  verdicts(`${JSON.stringify(needs)}: ${verdict}`, () =>
    onTracker(async tracker => {
      const { code, said } = await report(tracker, needs)
      assert.is(code, 0, said)
      assert.is(tracker.issues.length, verdict === 'failed' ? 1 : 0, said)
      assert.match(said, { failed: '/issues/1\n', works: 'deploying works', undecided: 'no issue' }[verdict])
      const isRefused = verdict === 'undecided' && JSON.stringify(needs).includes('this run')
      assert.is(said.includes('this run alone was refused'), isRefused)
    }),
  )

const days = (number: number) => ({
  created_at: '2026-11-01T00:00:00Z',
  completed_at: new Date(Date.parse('2026-11-01T00:00:00Z') + number * 86_400_000)
    .toISOString()
    .replace('.000', ''),
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
  verdicts(`a deploy without a step: ${what}: ${unapproved ? 'a decision' : 'a failure'}`, () =>
    onTracker(async tracker => {
      const deploy = { name: 'production / Deploy', conclusion: 'failure', steps: [], ...job }
      tracker.answers.set('/actions/runs/7/attempts/2/jobs', { jobs: [deploy] })
      tracker.answers.set('/actions/runs/7/approvals', approvals)
      const { code, said } = await report(tracker, bad, { environment: 'production' })
      assert.is(code, 0, said)
      assert.is(tracker.issues.length, unapproved ? 0 : 1, said)
      if (unapproved) assert.match(said, 'not approved: true')
    }),
  )
verdicts('not approved, and the images failed: a failure', () =>
  onTracker(async tracker => {
    const deploy = { name: 'production / Deploy', conclusion: 'failure', steps: [], ...days(30) }
    tracker.answers.set('/actions/runs/7/attempts/2/jobs', { jobs: [deploy] })
    await report(tracker, { ...bad, images: 'failure' })
    assert.is(tracker.issues.length, 1)
  }),
)
verdicts.run()

const text = suite('deploy issue: its text')

/** What the issue says of this. */
async function bodyOf(needs: Readonly<Record<string, Need>>, jobs?: unknown): Promise<string> {
  let body = ''
  await onTracker(async tracker => {
    if (jobs !== undefined) tracker.answers.set('/actions/runs/7/attempts/2/jobs', jobs)
    const { code, said } = await report(tracker, needs)
    assert.is(code, 0, said)
    body = `${tracker.issues[0]?.body}`
  })
  return body
}

text('what, who, where, why', async () =>
  assert.is(
    await bodyOf({ ...bad, deploy: failed('no disk\n→ free some: $(id) `id` "\\') }),
    'Bringing develop-3f1c9a0 by ada to staging failed in: deploy.\n\n' +
      '```text\nno disk\n→ free some: $(id) `id` "\\\n```\n\n' +
      '[The workflow run](https://github.example/vibotaj/tracehub/actions/runs/7) has the whole log.',
  ),
)
text('whichever job it was that said why', async () =>
  assert.match(
    await bodyOf({
      allowed: { result: 'failure', outputs: { problem: 'nobody is asked' } },
      images: 'success',
      deploy: 'skipped',
    }),
    'Bringing a push by ada to staging failed in: allowed.\n\n```text\nnobody is asked\n```\n',
  ),
)
text('where no job came to speak, no block', async () =>
  assert.not.match(await bodyOf({ allowed: 'success', images: 'failure', deploy: 'skipped' }), '```'),
)
text('a log cannot leave its block', async () =>
  assert.is((await bodyOf({ ...bad, deploy: failed('```\n@everyone') })).split('```').length, 3),
)
for (const [what, jobs, expected] of [
  [
    'by their full names, and what ran out of time',
    {
      jobs: [
        { name: 'staging / images / backend / Backend: lint', conclusion: 'timed_out', steps: [{}] },
        { name: 'staging / Deploy', conclusion: 'failure', steps: [{ name: 'Set up job' }] },
        { name: 'staging / Issue', conclusion: null, steps: [{}] },
      ],
    },
    'staging / images / backend / Backend: lint (out of time), staging / Deploy',
  ],
  ['GitHub does not know them', undefined, 'deploy (out of time)'],
  ['the token may not ask', 403, 'deploy (out of time)'],
  ['GitHub is out of order', 502, 'deploy (out of time)'],
] as const)
  text(`the jobs: ${what}`, async () =>
    assert.match(await bodyOf({ ...bad, deploy: 'cancelled' }, jobs), `failed in: ${expected}.`),
  )
text.run()

const keeping = suite('deploy issue: one an environment')

keeping('opened once, added to, closed when deploying works; another environment has its own', () =>
  onTracker(async tracker => {
    assert.match((await report(tracker, good)).said, 'the issue that said otherwise: none')
    assert.match((await report(tracker, { ...bad, deploy: failed('first') })).said, /\/issues\/1$/m)
    assert.match((await report(tracker, bad, { environment: 'production' })).said, /\/issues\/2$/m)
    assert.match(
      (await report(tracker, { ...bad, deploy: failed('second') })).said,
      /^added to .*\/issues\/1$/m,
    )
    assert.match((await report(tracker, good)).said, /^deploying works; .*\/issues\/1$/m)
    assert.match((await report(tracker, bad)).said, /\/issues\/3$/m)
    const [staging, production] = tracker.issues
    assert.is(staging?.title, 'Deploying to staging fails')
    assert.equal(staging?.labels, ['deploy-failure'])
    assert.match(`${staging?.body}`, 'first')
    assert.is(staging?.comments.length, 2)
    assert.match(`${staging?.comments[0]}`, 'second')
    assert.is(
      staging?.comments[1],
      '[develop-3f1c9a0 is live on staging](https://github.example/vibotaj/tracehub/actions/runs/7): deploying works again.',
    )
    assert.is(staging?.state, 'closed')
    assert.is(production?.state, 'open')
  }),
)
keeping('the label is made first: gh gives none that is not there', () =>
  onTracker(async tracker => {
    await report(tracker, bad)
    assert.equal(
      tracker.asked.filter(asked => asked.startsWith('POST')),
      ['POST /labels', 'POST /issues'],
    )
  }),
)
for (const [needs, times] of [
  [bad, 2],
  [good, 2],
] as const)
  keeping(
    'what GitHub does not answer is asked once more; then the job fails, and no second issue is opened',
    () =>
      onTracker(async tracker => {
        tracker.answers.set('/issues', 502)
        const { code } = await report(tracker, needs)
        assert.is.not(code, 0)
        assert.is(tracker.asked.filter(asked => asked === 'GET /issues').length, times)
        assert.is(tracker.issues.length, 0)
      }),
  )
keeping('what GitHub refuses is said, without the token', () =>
  onTracker(async tracker => {
    const { code, said } = await report(tracker, bad, { token: 'another-token' })
    assert.is.not(code, 0)
    assert.match(said, 'HTTP 401')
    assert.not.match(said, 'another-token')
  }),
)
keeping.run()
