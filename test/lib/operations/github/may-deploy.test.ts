import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeProblem, Problems } from '../../../../lib/base/failure.ts'
import { githubOf } from '../../../../lib/operations/github/api.ts'
import {
  demandMayDeploy,
  RefusedRun,
  type WorkflowRun,
} from '../../../../lib/operations/github/may-deploy.ts'
import { overtakenBy } from '../../../../lib/operations/github/newest-commit.ts'
import { issueTracker } from '../../../sandbox/workflows/issues.ts'

const commit = '3f1c9a0'.padEnd(40, '0')
const newer = 'beef'.padEnd(40, '1')
const production = { name: 'production', branch: 'main', confirm: true }
const staging = { name: 'staging', branch: 'develop', confirm: false }
const push: WorkflowRun = {
  event: 'push',
  ref: 'refs/heads/main',
  commit,
  checkedOut: commit,
  attempt: 1,
  number: 7,
  workflow: 'deploy-production.yml',
  tag: '',
}
const byHand: WorkflowRun = { ...push, event: 'workflow_dispatch', commit: newer }

/** GitHub's answers, in the shapes of its REST API. */
const reviewers = { type: 'required_reviewers', reviewers: [{ type: 'User', reviewer: { login: 'grace' } }] }
const branchPolicy = { protected_branches: false, custom_branch_policies: true }
const guarded = {
  protection_rules: [reviewers, { type: 'branch_policy' }],
  deployment_branch_policy: branchPolicy,
}
const only = (...names: string[]) => ({ branch_policies: names.map(name => ({ name, type: 'branch' })) })
const good: Record<string, unknown> = {
  '/environments/production': guarded,
  '/environments/production/deployment-branch-policies': only('main'),
  '/git/ref/heads/main': { object: { sha: newer } },
  '/git/ref/heads/develop': { object: { sha: newer } },
}
const pull = {
  number: 12,
  merged_at: '2026-11-28T12:00:00Z',
  merge_commit_sha: commit,
  base: { ref: 'main' },
  head: { sha: 'head-of-it' },
  user: { login: 'ada' },
}
const approval = {
  user: { login: 'grace' },
  state: 'APPROVED',
  commit_id: 'head-of-it',
  author_association: 'MEMBER',
}
const reviewed = (changes: object, ...reviews: object[]): Record<string, unknown> => ({
  [`/commits/${commit}/pulls`]: [{ ...pull, ...changes }],
  '/pulls/12/reviews': reviews,
  '/collaborators/grace/permission': { permission: 'write' },
  '/collaborators/ada/permission': { permission: 'admin' },
  '/collaborators/lin/permission': { permission: 'read' },
  '/collaborators/kay/permission': 403,
})

/** Why it may; or all that is in the way, as text. */
async function asked(
  answers: Record<string, unknown>,
  environment: typeof production,
  run: WorkflowRun,
): Promise<string> {
  const tracker = await issueTracker('a-token')
  tracker.answers.set('/actions/workflows/deploy-production.yml/runs', { workflow_runs: [] })
  for (const [path, answer] of Object.entries(answers)) tracker.answers.set(path, answer)
  const github = githubOf({
    GITHUB_API_URL: tracker.api,
    GITHUB_REPOSITORY: 'vibotaj/tracehub',
    GITHUB_TOKEN: 'a-token',
  })
  try {
    return await demandMayDeploy(github, environment, run)
  } catch (error) {
    if (!(error instanceof Problems)) throw error
    if (error instanceof RefusedRun) return `NO, this run: ${error.problems.map(describeProblem).join('\n')}`
    return `NO: ${error.problems.map(describeProblem).join('\n')}`
  } finally {
    tracker.close()
  }
}

const consent = suite('may-deploy: production is asked for, or not deployed')

consent('required reviewers, and main alone', async () =>
  assert.is(
    await asked(good, production, push),
    "3f1c9a000000 may go to production: GitHub's environment production has required reviewers",
  ),
)
const without = (name: string, answer?: unknown): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(good).filter(([path]) => !path.startsWith(name))),
  ...(answer === undefined ? {} : { [name]: answer }),
  [`/commits/${commit}/pulls`]: [],
})
/** Production is open to main alone, and these rules of it are others. */
const unreviewed = (rules: object): Record<string, unknown> => ({
  ...good,
  '/environments/production': { ...guarded, ...rules },
  [`/commits/${commit}/pulls`]: [],
})
for (const [what, answers] of [
  ['no environment: the job would make one, without rules', without('/environments/production')],
  ['reviewers that are nobody', unreviewed({ protection_rules: [{ ...reviewers, reviewers: [] }] })],
  ['a timer is no reviewer', unreviewed({ protection_rules: [{ type: 'wait_timer' }] })],
] as const)
  consent(`${what}: refused`, async () =>
    assert.match(
      await asked(answers, production, push),
      /^NO: GitHub's environment production does not exist or has no required reviewers, and 3f1c9a000000 is not the merge of an approved pull request into main\n/,
    ),
  )
for (const [what, rules] of [
  ['one without rules', { protection_rules: [], deployment_branch_policy: null }],
  ['one that has no rules at all in its answer', {}],
] as const)
  consent(`${what}: both are missing`, async () => {
    const said = await asked(without('/environments/production', rules), production, push)
    assert.match(
      said,
      "GitHub's environment production is open to more branches than one; expected main alone",
    )
    assert.match(said, "GitHub's environment production does not exist or has no required reviewers")
  })
for (const [what, changes, found] of [
  [
    'no rule',
    { '/environments/production': { ...guarded, deployment_branch_policy: null } },
    'more branches than one',
  ],
  [
    'protected branches, whichever they are',
    {
      '/environments/production': {
        ...guarded,
        deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
      },
    },
    'more branches than one',
  ],
  [
    'a second one',
    { '/environments/production/deployment-branch-policies': only('main', 'release/*') },
    'main, release/\\*',
  ],
  ['a pattern', { '/environments/production/deployment-branch-policies': only('ma*') }, 'ma\\*'],
  [
    'a tag of that name',
    {
      '/environments/production/deployment-branch-policies': {
        branch_policies: [{ name: 'main', type: 'tag' }],
      },
    },
    'the tag main',
  ],
  ['nothing said', { '/environments/production/deployment-branch-policies': {} }, 'no branch at all'],
  ['none', { '/environments/production/deployment-branch-policies': only() }, 'no branch at all'],
] as const)
  consent(`its branches are ${what}: refused`, async () =>
    assert.match(
      await asked({ ...good, ...changes }, production, push),
      new RegExp(`^NO: GitHub's environment production is open to ${found}; expected main alone\n`),
    ),
  )
consent('a token that may not ask is an error, and no consent', async () => {
  const refused = await asked(
    { ...good, '/environments/production/deployment-branch-policies': undefined },
    production,
    push,
  ).catch((error: unknown) => error)
  assert.instance(refused, Error)
})
consent('staging asks nobody, and has no rules to look for', async () =>
  assert.is(
    await asked({}, staging, { ...push, ref: 'refs/heads/develop' }),
    '3f1c9a000000 may go to staging: staging asks nobody',
  ),
)
consent('started on another branch: refused', async () =>
  assert.match(
    await asked(good, production, { ...byHand, ref: 'refs/heads/feature' }),
    /^NO, this run: the run was started on "?feature"?; production is deployed from main alone\n/,
  ),
)
consent('started on a git tag that is called as the branch: refused', async () =>
  assert.match(
    await asked(good, production, { ...byHand, ref: 'refs/tags/main' }),
    /^NO, this run: the run was started on "?refs\/tags\/main"?; production is deployed from main alone\n/,
  ),
)

consent.run()

const review = suite('may-deploy: consent where the plan has no reviewers')
const unguarded = without('/environments/production')

review('a pull request that somebody else approved as it was merged', async () =>
  assert.is(
    await asked({ ...unguarded, ...reviewed({}, approval) }, production, push),
    '3f1c9a000000 may go to production: pull request 12, approved by grace',
  ),
)
review('by hand, by its commit', async () => {
  const answers = { ...unguarded, ...reviewed({}, approval) }
  assert.match(await asked(answers, production, { ...byHand, tag: `main-${commit}` }), 'approved by grace')
  assert.match(await asked(answers, production, byHand), /^NO: .*the newest build of main names no commit/)
})
review('by hand, by a toolkit and settings that nobody approved: refused', async () => {
  const answers = { ...unguarded, ...reviewed({}, approval), [`/commits/${newer}/pulls`]: [] }
  assert.match(
    await asked(answers, production, { ...byHand, checkedOut: newer, tag: `main-${commit}` }),
    /^NO: the toolkit and the settings that would deploy it are of beef11111111, which is not the merge of/,
  )
  const merged = { ...pull, merge_commit_sha: newer }
  assert.match(
    await asked({ ...answers, [`/commits/${newer}/pulls`]: [merged] }, production, {
      ...byHand,
      checkedOut: newer,
      tag: `main-${commit}`,
    }),
    'approved by grace',
  )
})
review('an approved pull request does not open the environment to other branches', async () =>
  assert.match(
    await asked(
      {
        ...reviewed({}, approval),
        '/environments/production': { protection_rules: [], deployment_branch_policy: null },
      },
      production,
      push,
    ),
    /^NO: GitHub's environment production is open to more branches than one; expected main alone\n/,
  ),
)
for (const [what, changes, reviews] of [
  ['not merged', { merged_at: null }, [approval]],
  ['merged into another branch', { base: { ref: 'develop' } }, [approval]],
  ['another commit of it', { merge_commit_sha: newer }, [approval]],
  ['nobody reviewed it', {}, []],
  ['its author', {}, [{ ...approval, user: { login: 'ada' } }]],
  ['a stranger', {}, [{ ...approval, user: { login: 'joan' } }]],
  ['who may read alone', {}, [{ ...approval, user: { login: 'lin' } }]],
  ['of whom GitHub does not tell', {}, [{ ...approval, user: { login: 'kay' } }]],
  ['who is no more', {}, [{ ...approval, user: null }]],
  [
    'changes wanted by who is no more',
    {},
    [approval, { ...approval, user: null, state: 'CHANGES_REQUESTED' }],
  ],
  ['an older state of it', {}, [{ ...approval, commit_id: 'before' }]],
  ['a comment', {}, [{ ...approval, state: 'COMMENTED' }]],
  ['dismissed', {}, [approval, { ...approval, state: 'DISMISSED' }]],
  ['changes wanted afterwards', {}, [approval, { ...approval, state: 'CHANGES_REQUESTED' }]],
  [
    'changes wanted by another one',
    {},
    [approval, { ...approval, user: { login: 'joan' }, state: 'CHANGES_REQUESTED' }],
  ],
  [
    'changes wanted by a stranger',
    {},
    [
      approval,
      {
        ...approval,
        user: { login: 'joan' },
        author_association: 'CONTRIBUTOR',
        state: 'CHANGES_REQUESTED',
      },
    ],
  ],
] as const)
  review(`${what}: no consent`, async () =>
    assert.match(await asked({ ...unguarded, ...reviewed(changes, ...reviews) }, production, push), /^NO: /),
  )
review('changes wanted, then approved; a comment afterwards takes nothing back', async () =>
  assert.match(
    await asked(
      {
        ...unguarded,
        ...reviewed({}, { ...approval, state: 'CHANGES_REQUESTED' }, approval, {
          ...approval,
          state: 'COMMENTED',
        }),
      },
      production,
      push,
    ),
    'approved by grace',
  ),
)

review.run()

const gates = suite('may-deploy: what passed the gates, and the newer of two')

for (const tag of ['main', `main-${commit}`])
  gates(`by hand: ${tag}`, async () =>
    assert.match(await asked(good, production, { ...byHand, tag }), / may go to /),
  )
for (const tag of [
  'v1',
  `sources-${commit}`,
  'main-3f1c9a0',
  `develop-${commit}`,
  `main-${commit}-x`,
  'Main',
  `main-${commit}\n`,
])
  gates(`by hand: ${JSON.stringify(tag)} may be anything`, async () =>
    assert.match(await asked(good, production, { ...byHand, tag }), /^NO, this run: the tag is /),
  )
gates('run again when the branch has moved on: refused, and the way for who means it', async () => {
  const said = await asked(good, production, { ...push, attempt: 2 })
  assert.match(
    said,
    /^NO, this run: this run is of 3f1c9a000000, and main is at beef11111111 by now: old would replace new\n/,
  )
  assert.match(said, `-f tag=main-${commit}`)
  assert.match(
    await asked(good, production, { ...byHand, attempt: 2, tag: `main-${commit}` }),
    /^NO, this run: this run is of/,
  )
})
gates('run again while it is the newest: allowed; so is the newest build, by hand', async () => {
  assert.match(await asked(good, production, { ...push, commit: newer, attempt: 2 }), / may go to /)
  assert.match(await asked(good, production, { ...byHand, attempt: 2 }), / may go to /)
})
const ended = (...numbers: number[]): Record<string, unknown> => ({
  ...good,
  '/actions/workflows/deploy-production.yml/runs': {
    workflow_runs: numbers.map(run_number => ({ run_number })),
  },
})
gates('a push whose turn comes after a newer one has deployed: refused', async () => {
  assert.match(
    await asked(ended(6, 9, 3), production, push),
    /^NO, this run: run 9 of this workflow, of a newer push, has deployed already: old would replace new\n/,
  )
  assert.match(await asked(ended(6, 7, 3), production, push), / may go to /)
  assert.match(await asked(ended(9), production, { ...byHand, tag: `main-${commit}` }), / may go to /)
})
gates('all that is in the way comes at once', async () => {
  const said = await asked(unguarded, production, { ...byHand, ref: 'refs/heads/feature', tag: 'v1' })
  assert.equal(
    ['the tag is', 'was started on', 'does not exist or has'].filter(part => !said.includes(part)),
    [],
  )
})

const aPush = { GITHUB_EVENT_NAME: 'push', GITHUB_RUN_ATTEMPT: '1' }
for (const [what, variables, published, moves] of [
  ['a push, before the newest is there', aPush, false, true],
  ['a push, after the newest', aPush, true, false],
  ['a push that is run again', { ...aPush, GITHUB_RUN_ATTEMPT: '2' }, false, false],
  ['by hand', { ...aPush, GITHUB_EVENT_NAME: 'workflow_dispatch' }, false, false],
] as const)
  gates(`the branch's tag, of an older commit, ${what}: ${moves ? 'moves' : 'stays'}`, async () => {
    const tracker = await issueTracker('a-token')
    tracker.answers.set('/git/ref/heads/main', { object: { sha: newer } })
    const github = githubOf({
      GITHUB_API_URL: tracker.api,
      GITHUB_REPOSITORY: 'vibotaj/tracehub',
      GITHUB_TOKEN: 'a-token',
    })
    const has = async (head: string): Promise<boolean> => published && head === newer
    const older = await overtakenBy(github, variables, { branch: 'main', commit }, has)
    assert.is(await overtakenBy(github, variables, { branch: 'main', commit: newer }, has), undefined)
    tracker.close()
    assert.is(older === undefined, moves)
  })

gates.run()
