import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NewEvent, RunEvent } from '../../../../lib/run/events.ts'
import { messagesOf, slackJson } from '../../../../lib/run/notify/message.ts'

const started = (script: string, why?: string): NewEvent => ({
  ...{ type: 'run-started', run: 'r', script, environment: 'production', who: 'ada', pid: 1 },
  why,
})
const target: NewEvent = { type: 'target', release: 2, tag: 'main-1', images: {} as never }
const failed = (title: string): NewEvent => ({
  type: 'step-finished',
  step: 1,
  title,
  ms: 1,
  outcome: 'failed',
})
const problem = { what: 'it broke', detail: 'line 1', fix: 'fix it' }
const end = (outcome: 'done' | 'failed' | 'rolled back' | 'needs a person', exitCode: number): NewEvent => ({
  ...{ type: 'run-finished', ms: 61_000, outcome, exitCode },
  ...(exitCode !== 0 && { problem }),
})
const told = (events: readonly NewEvent[]) => {
  const toMessage = messagesOf()
  return events.flatMap(event => toMessage({ at: 0, ...event } as RunEvent) ?? [])
}

const headlines = suite('notify: what is news, and in which words')

const cases: [what: string, events: NewEvent[], headlines: string[]][] = [
  [
    'a deploy',
    [started('deploy'), target, end('done', 0)],
    ['🔵 production: deploy of main-1 has begun', '🟢 production: deploy of main-1 succeeded'],
  ],
  [
    'one that is refused before anything is known',
    [started('deploy'), end('failed', 1)],
    ['🔴 production: deploy failed, nothing was changed'],
  ],
  [
    'a first one that has left something',
    [
      started('deploy'),
      { type: 'run-finished', ms: 1, outcome: 'failed', exitCode: 1, problem, left: ['images: 3f1c'] },
    ],
    ['🔴 production: deploy failed'],
  ],
  [
    'one that is rolled back',
    [started('deploy'), target, { type: 'taking-back', problem }, end('rolled back', 4)],
    [
      '🔵 production: deploy of main-1 has begun',
      '🟠 production: deploy of main-1 failed, rolling back',
      '🔴 production: deploy of main-1 failed and was rolled back',
    ],
  ],
  [
    'one that needs a person',
    [started('deploy'), target, end('needs a person', 5)],
    ['🔵 production: deploy of main-1 has begun', '🚨 production: deploy of main-1 MANUAL ACTION REQUIRED'],
  ],
  [
    'a rollback: the checklist wants people to know at its beginning',
    [started('rollback'), target, end('done', 0)],
    ['🟠 production: rollback has begun', '🟢 production: rollback of main-1 succeeded'],
  ],
  ['a backup that worked is no news', [started('backup'), end('done', 0)], []],
  [
    'one that did not is',
    [started('backup'), failed('Back the database up'), end('failed', 1)],
    ['🔴 production: backup failed: the backup failed'],
  ],
  [
    'the backup before a deploy',
    [started('deploy'), target, failed('Backup database'), end('failed', 1)],
    [
      '🔵 production: deploy of main-1 has begun',
      '🔴 production: deploy of main-1 failed: the backup failed',
    ],
  ],
  [
    'a migration that is refused',
    [started('deploy'), target, failed('Compare migrations'), end('failed', 1)],
    [
      '🔵 production: deploy of main-1 has begun',
      '🔴 production: deploy of main-1 failed: the migration is blocked',
    ],
  ],
  [
    'new secrets',
    [started('secrets'), end('done', 0)],
    ['🔵 production: secrets has begun', '🟢 production: secrets succeeded'],
  ],
]
for (const [what, events, expected] of cases)
  headlines(what, () =>
    assert.equal(
      told(events).map(({ headline }) => headline),
      expected,
    ),
  )

headlines('environment, release, who, why, next step, duration and the workflow run are in it', () => {
  const page = 'https://github.com/vibotaj/tracehub/actions/runs/7'
  const [, last] = told([started('deploy', page), target, end('failed', 1)])
  assert.equal(last?.facts, [
    ['environment', 'production'],
    ['release', 'main-1'],
    ['who', 'ada'],
    ['why', 'it broke\n  line 1'],
    ['next step', 'fix it'],
    ['duration', '1 min 01 s'],
    ['workflow run', page],
  ])
})

headlines.run()

const slack = suite('notify: as Slack reads it')

slack('nothing in a value can become a link, a mention or a control character; a long one is cut', () => {
  const facts = [
    ['why', '<!channel> a & b \u001b[2J\u202e'],
    ['long', 'x'.repeat(10_000_000)],
  ] as const
  const json = JSON.parse(slackJson({ headline: '<x>', colour: 'danger', facts }))
  assert.is(json.text, '&lt;x&gt;')
  const [why, long] = json.attachments[0].fields
  assert.is(why.value, '&lt;!channel&gt; a &amp; b  ')
  assert.is(long.value.length, 1501)
  assert.is(json.attachments[0].color, 'danger')
})

slack.run()
