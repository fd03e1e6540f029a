import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunEvent } from '../../../../lib/run/events.ts'
import { linesRenderer } from '../../../../lib/run/output/lines.ts'
import { type Captured, captured } from '../../fixtures.ts'
import { failure, stepDone, success } from './scene.ts'

const file = { verbose: false, terminal: false, colour: false }

const rendered = (events: readonly RunEvent[], options = file): Promise<Captured> =>
  captured(() => {
    const render = linesRenderer(options)
    for (const event of events) render(event)
  })

/** A terminal of that width. */
async function onTerminal<T>(columns: number, act: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns')
  Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true })
  try {
    return await act()
  } finally {
    if (before) Object.defineProperty(process.stdout, 'columns', before)
    else Reflect.deleteProperty(process.stdout, 'columns')
  }
}

const opening = [
  'deploy production  20260103-143000.000-deploy by ada',
  '  ✓ Pull latest images  pulled 3f1c9a0b72de                                                    1.2 s',
  '  – Backup database  there is no database yet                                                   3 ms',
  '    an earlier run did not come to its end',
]

const plain = suite('render/lines: into a file')

plain('a run that went well: a line for each step, then the result', async () =>
  assert.equal(await rendered(success), {
    stdout: [
      ...opening,
      '✓ deploy production done (1 min 05 s)',
      '  live    green, release 2',
      '  schema  a1b2',
      '',
    ].join('\n'),
    stderr: '',
    exitCode: process.exitCode,
  }),
)

plain('a run that failed: the complete problem goes to standard error', async () => {
  const { stdout, stderr } = await rendered(failure)
  assert.is(
    stdout,
    [
      ...opening,
      '  ! the disk is 90% full',
      '    → docker image prune',
      '  ✗ Wait for green to be healthy  backend-green is unhealthy                              1 min 01 s',
      '',
    ].join('\n'),
  )
  assert.is(
    stderr,
    [
      '✗ deploy production failed and was rolled back (1 min 05 s, exit code 4)',
      '  backend-green is unhealthy',
      '    the end of its log:',
      '    100% of 5 checks failed',
      '  → fix what its log says, build again and deploy',
      '',
    ].join('\n'),
  )
})

plain('--verbose shows every command, where it ran', async () => {
  const { stdout } = await rendered(success, { ...file, verbose: true })
  const lines = stdout.split('\n')
  assert.is(lines[1], "      $ docker pull 'x y'  (1.2 s, 0)")
  assert.is(lines[2], opening[1])
})

plain("another program's output cannot move the cursor or change colours", async () => {
  const hostile = '\u001b[2J\u001b[31mred\rgone\u0007\u202e'
  const { stdout } = await rendered(
    [
      { type: 'note', at: 0, text: hostile },
      { type: 'command', at: 0, text: hostile, ms: 1, code: 1 },
      { type: 'warning', at: 0, problem: { what: hostile, detail: hostile, fix: hostile } },
      { type: 'step-started', at: 0, step: 1, title: 'Build' },
      { type: 'progress', at: 0, step: 1, text: hostile },
      stepDone({ note: hostile }),
    ],
    { ...file, verbose: true },
  )
  assert.not.match(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

plain('what it is told does not change, and what it does not know it leaves out', async () => {
  const { stdout } = await rendered([
    { type: 'fact', at: 0, fact: { kind: 'settled' } },
    JSON.parse('{"type":"of-a-newer-toolkit","at":0}'),
  ])
  assert.is(stdout, '')
})

plain.run()

const terminal = suite('render/lines: on a terminal')

const erase = '\r\u001b[K'

for (const [columns, width] of [
  [80, 80],
  [120, 120],
  [300, 120],
] as const)
  terminal(`${columns} columns wide: a step is ${width}`, () =>
    onTerminal(columns, async () => {
      const { stdout } = await rendered([stepDone()], { ...file, terminal: true })
      assert.is(stdout, `${erase}  ✓ Pull latest images${'1.2 s'.padStart(width - 22)}\n${erase}`)
    }),
  )

terminal('the last line says what runs now, and never more than fits', () =>
  onTerminal(60, async () => {
    const { stdout } = await rendered(
      [
        { type: 'step-started', at: Date.now(), step: 1, title: 'Pull latest images' },
        { type: 'step-started', at: Date.now(), step: 2, title: 'Backup database' },
        { type: 'progress', at: 0, step: 2, text: 'a very long text\nwith a second line' },
        { type: 'note', at: 0, text: 'meanwhile' },
      ],
      { ...file, terminal: true },
    )
    const [, note, status = ''] = /^(.*)\n(.*)$/s.exec(stdout) ?? []
    assert.is(note, `${erase}    meanwhile`)
    assert.ok(status.startsWith(`${erase}  ⠋ Pull latest images `))
    const seen = status.slice(erase.length)
    assert.ok(seen.length < 60, seen)
    assert.match(seen, /· Backup database \d+ ms a/)
    assert.ok(seen.endsWith('…'))
    assert.not.match(seen, /\n|second/)
  }),
)

terminal('at the end nothing of that line is left', () =>
  onTerminal(80, async () => {
    const { stdout } = await rendered(success, { ...file, terminal: true })
    assert.ok(
      stdout.endsWith(
        `${erase}✓ deploy production done (1 min 05 s)\n  live    green, release 2\n  schema  a1b2\n`,
      ),
    )
  }),
)

terminal('a colour never says what no sign says', () =>
  onTerminal(80, async () => {
    const coloured = await rendered(failure, { verbose: true, terminal: true, colour: true })
    const bare = await rendered(failure, { verbose: true, terminal: true, colour: false })
    const withoutColour = (text: string): string => text.replace(/\u001b\[\d+m/g, '').replace(/ \d+ ms/g, '')
    assert.is.not(coloured.stdout, bare.stdout)
    assert.is(withoutColour(coloured.stdout), withoutColour(bare.stdout))
    assert.is(withoutColour(coloured.stderr), bare.stderr)
    assert.not.match(bare.stdout + bare.stderr, /\u001b\[\d+m/)
  }),
)

terminal.run()
