import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closing, fit, indented, stepLine } from '../../../../lib/run/output/words.ts'
import { finished, problem, stepDone } from './scene.ts'

const steps = suite('render/words: the line of a step')

steps('at 80 columns', () => {
  const lines = [
    stepDone(),
    stepDone({ note: 'already here' }),
    stepDone({ outcome: 'skipped', note: 'nothing to do', ms: 3 }),
    stepDone({ outcome: 'failed', note: 'the registry is down', ms: 125_000 }),
    stepDone({ note: 'a note that is far too long to stand on one line beside the title of its step' }),
    stepDone({ note: 'its first line\nand its second' }),
    stepDone({ note: '\u001b[31mred\u001b[0m\u001b[2J, and\u0007 more' }),
    stepDone({
      note: 'a note beside a step with a long title',
      title: 'Smoke tests on blue with the new schema',
    }),
  ].map(event => stepLine(event, 80))
  assert.equal(lines, [
    '  ✓ Pull latest images                                                     1.2 s',
    '  ✓ Pull latest images  already here                                       1.2 s',
    '  – Pull latest images  nothing to do                                       3 ms',
    '  ✗ Pull latest images  the registry is down                          2 min 05 s',
    '  ✓ Pull latest images  a note that is far too long to stand on one line…  1.2 s',
    '  ✓ Pull latest images  its first line                                     1.2 s',
    '  ✓ Pull latest images  red, and  more                                     1.2 s',
    '  ✓ Smoke tests on blue with the new schema  a note beside a step with a…  1.2 s',
  ])
  for (const line of lines) assert.is(line.length, 80)
})

steps('at 120 columns', () =>
  assert.is(
    stepLine(
      stepDone({ note: 'a note that is far too long to stand on one line beside the title of its step' }),
      120,
    ),
    '  ✓ Pull latest images  a note that is far too long to stand on one line beside the title of its step              1.2 s',
  ),
)

steps('where there is no room for a note there is none, and the title is whole', () => {
  assert.is(stepLine(stepDone({ note: 'a note' }), 34), '  ✓ Pull latest images       1.2 s')
  assert.is(stepLine(stepDone({ note: 'a note' }), 10), '  ✓ Pull latest images 1.2 s')
})

const fitting: [text: string, room: number, line: string][] = [
  ['', 0, ''],
  ['short', 5, 'short'],
  ['a longer text', 13, 'a longer text'],
  ['a longer text', 12, 'a longer te…'],
  ['a longer text', 9, 'a longer…'],
  ['a longer text', 10, 'a longer…'], // no space before the dots
  ['a longer text', 7, ''],
  ['a longer text', -5, ''],
  ['one\ntwo', 9, 'one'],
]
for (const [text, room, line] of fitting)
  steps(`${JSON.stringify(text)} in ${room}`, () => assert.is(fit(text, room), line))

steps.run()

const ends = suite('render/words: how a run ended')

ends('well: with its result as rows', () =>
  assert.is(
    closing(
      finished({
        result: [
          ['live', 'green, release 2'],
          ['schema', 'a1b2'],
        ],
      }),
      'deploy production',
      '/srv/logs/x.jsonl',
    ),
    '✓ deploy production done (1 min 05 s)\n  live    green, release 2\n  schema  a1b2',
  ),
)

const verdicts: [event: ReturnType<typeof finished>, verdict: string][] = [
  [
    finished({ outcome: 'failed', exitCode: 1, problem }),
    '✗ deploy production failed, nothing was changed (1 min 05 s, exit code 1)',
  ],
  [
    finished({ outcome: 'failed', exitCode: 2, problem }),
    '✗ deploy production failed, nothing was changed (1 min 05 s, exit code 2)',
  ],
  [
    finished({ outcome: 'failed', exitCode: 1, problem, left: ['images: 3f1c9a0b72de'] }),
    '✗ deploy production failed (1 min 05 s, exit code 1)',
  ],
  [
    finished({ outcome: 'rolled back', exitCode: 4, problem }),
    '✗ deploy production failed and was rolled back (1 min 05 s, exit code 4)',
  ],
  [
    finished({ outcome: 'needs a person', exitCode: 5, problem }),
    '✗ deploy production failed, manual action required (1 min 05 s, exit code 5)',
  ],
]
for (const [event, verdict] of verdicts) {
  const left = event.left ? ['  left here, for the next run:', '    images: 3f1c9a0b72de'] : []
  const text = [
    verdict,
    '  backend-green is unhealthy',
    '    the end of its log:',
    '    100% of 5 checks failed',
    '  → fix what its log says, build again and deploy',
    ...left,
  ].join('\n')
  ends(`${event.outcome}, exit code ${event.exitCode}: the whole problem, and where the log is`, () =>
    assert.is(closing(event, 'deploy production', '/srv/logs/x.jsonl'), `${text}\n  log: /srv/logs/x.jsonl`),
  )
  ends(`${event.outcome}, exit code ${event.exitCode}, without a log`, () =>
    assert.is(closing(event, 'deploy production', undefined), text),
  )
}

ends("another program's last words cannot move the cursor", () => {
  const text = closing(
    finished({
      outcome: 'failed',
      exitCode: 1,
      problem: { what: 'x', detail: '\u001b[2J\u001b[Hy\rz\u0007' },
    }),
    'deploy production',
    undefined,
  )
  assert.match(text, /\n {4}y z $/)
  assert.not.match(text, /[\u0000-\u0009\u000b-\u001f\u007f]/)
})

ends('every line is indented', () => assert.is(indented('a\n\nb'), '  a\n  \n  b'))

ends.run()
