import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registerSecret } from '../../../lib/base/redact.ts'
import type { Environment } from '../../../lib/environment/environment.ts'
import type { Fact, RunEvent } from '../../../lib/run/events.ts'
import {
  EventStream,
  logFile,
  RunLog,
  readEvents,
  runId,
  unsettledFacts,
  unsettledRun,
} from '../../../lib/run/run-log.ts'
import { captured, environmentIn, failureOf, inTemporary, release } from '../fixtures.ts'

const withLogs = (act: (environment: Environment) => Promise<void> | void): Promise<void> =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    mkdirSync(dirname(logFile(environment, 'x')), { recursive: true })
    return act(environment)
  })

const writing = suite('run-log: what happens')

writing('is a line each, in order, for the owner alone', () =>
  withLogs(environment => {
    const before = Date.now()
    const log = new RunLog(environment, 'one')
    log.write({ type: 'note', text: 'first\nline' })
    log.write({ type: 'step-started', step: 1, title: 'Pull' })
    log.close()
    assert.is(log.file, `${environment.directory}/logs/runs/one.jsonl`)
    assert.is(statSync(log.file).mode & 0o777, 0o600)
    const lines = readFileSync(log.file, 'utf8').split('\n')
    assert.is(lines.length, 3)
    const [first, second] = readEvents(lines.join('\n'))
    assert.ok((first?.at ?? 0) >= before && (second?.at ?? 0) <= Date.now())
    assert.equal(first, { at: first?.at, type: 'note', text: 'first\nline' })
    assert.equal(second, { at: second?.at, type: 'step-started', step: 1, title: 'Pull' })
  }),
)

writing('is on its way to the disk before anybody is told', () =>
  withLogs(environment => {
    const log = new RunLog(environment, 'one')
    const onDisk: number[] = []
    log.listen(() => void onDisk.push(readEvents(readFileSync(log.file, 'utf8')).length))
    log.write({ type: 'note', text: 'a' })
    log.write({ type: 'note', text: 'b' })
    log.close()
    assert.equal(onDisk, [1, 2])
  }),
)

writing('goes on when a listener fails, tells the others, and says it once', async () => {
  const told: string[] = []
  const { stderr } = await captured(() => {
    const stream = new EventStream()
    stream.listen(() => {
      throw new Error('ENOSPC: no space left on device, write')
    })
    stream.listen(event => void told.push(event.type))
    stream.write({ type: 'note', text: 'a' })
    stream.write({ type: 'note', text: 'b' })
  })
  assert.equal(told, ['note', 'note'])
  assert.is(
    stderr,
    '! what this run does cannot be shown: ENOSPC: no space left on device, write; it goes on\n',
  )
})

writing('is only ever appended to', () =>
  withLogs(environment => {
    const log = new RunLog(environment, 'one')
    log.write({ type: 'note', text: 'a' })
    appendFileSync(log.file, '{"type":"note","at":1,"text":"by another hand"}\n')
    log.write({ type: 'note', text: 'b' })
    log.close()
    const texts = readEvents(readFileSync(log.file, 'utf8')).map(event => ('text' in event ? event.text : ''))
    assert.equal(texts, ['a', 'by another hand', 'b'])
  }),
)

writing('never into the log of another run', () =>
  withLogs(environment => {
    writeFileSync(logFile(environment, 'one'), 'the log of another run\n')
    assert.throws(() => new RunLog(environment, 'one'), /EEXIST/)
    assert.is(readFileSync(logFile(environment, 'one'), 'utf8'), 'the log of another run\n')
  }),
)

writing('has no secret in it, and neither has what listeners are told', () =>
  withLogs(environment => {
    registerSecret('sekrit/"value"')
    const log = new RunLog(environment, 'one')
    const told: RunEvent[] = []
    log.listen(event => void told.push(event))
    const problem = { what: 'sekrit/"value" failed', detail: encodeURIComponent('sekrit/"value"'), fix: 'x' }
    log.write({ type: 'note', text: 'a sekrit/"value" b' })
    log.write({ type: 'command', text: 'psql \'sekrit/"value"\'', ms: 1, code: 0 })
    log.write({ type: 'run-finished', ms: 1, outcome: 'failed', exitCode: 1, problem })
    log.close()
    const everything = readFileSync(log.file, 'utf8') + JSON.stringify(told)
    assert.not.match(everything, /sekrit/)
    assert.is(told.length, 3)
    assert.is(readEvents(readFileSync(log.file, 'utf8')).length, 3)
  }),
)

for (const secret of ['1795', String(Date.now()).slice(0, 4), 'step', 'type', 'true', 'note', '"text"'])
  writing(`the secret ${secret} breaks no line`, () =>
    withLogs(environment => {
      registerSecret(secret)
      const log = new RunLog(environment, 'one')
      const told: RunEvent[] = []
      log.listen(event => void told.push(event))
      log.write({ type: 'step-started', step: 1, title: `a ${secret} b` })
      log.close()
      assert.equal(told, [{ at: told[0]?.at, type: 'step-started', step: 1, title: 'a •••••• b' }])
      assert.equal(readEvents(readFileSync(log.file, 'utf8')), told)
    }),
  )

writing('facts are as they are, whatever somebody chose as a password: a repair needs them', () =>
  withLogs(environment => {
    registerSecret('green')
    registerSecret('registry.example')
    const fact: Fact = { kind: 'switching', from: 'blue', to: 'green', release: release(2) }
    const log = new RunLog(environment, 'one')
    log.write({ type: 'fact', fact })
    log.close()
    assert.equal(unsettledRun(environment, 'two'), { run: 'one', facts: [fact] })
  }),
)

writing('on a full disk it stops what a repair would have to know, and nothing else; it says so once', () =>
  withLogs(async environment => {
    const log = new RunLog(environment, 'one')
    const told: string[] = []
    log.listen(({ type }) => void told.push(type))
    log.close() // every write fails now, as on a full disk
    const why = `${log.file} cannot be written: EBADF: bad file descriptor, write`
    const { stderr } = await captured(() => {
      log.write({ type: 'step-started', step: 1, title: 'Switch traffic back' })
      log.write({ type: 'fact', fact: { kind: 'settled' } })
    })
    assert.is(stderr, `! ${why}; this run goes on without it\n`)
    assert.equal(told, ['step-started', 'fact'])
    const failure = await failureOf(() =>
      log.write({ type: 'fact', fact: { kind: 'candidate', colour: 'green' } }),
    )
    assert.equal([failure.what, failure.fix], [why, 'df -h shows what is full'])
    assert.is(told.length, 2, 'nobody was told of what did not happen')
  }),
)

writing('every listener is told the same, also without a log', () => {
  const stream = new EventStream()
  const told: RunEvent[][] = [[], []]
  for (const list of told) stream.listen(event => void list.push(event))
  stream.write({ type: 'note', text: 'a' })
  assert.equal(told[0], told[1])
  assert.is(told[0]?.length, 1)
})

writing.run()

const naming = suite('run-log: the name of a run')

naming('sorts by time', () => {
  const ids = [
    '2026-01-03T14:30:00Z',
    '2026-01-03T14:30:00.250Z',
    '2026-01-03T14:30:01Z',
    '2026-10-01T00:00:00Z',
  ].map(at => runId('deploy', new Date(at)))
  assert.is(new Set(ids).size, 4)
  assert.equal([...ids].sort(), ids)
  for (const id of ids) assert.match(id, /^2026\d{4}-\d{6}\.\d{3}-deploy$/)
})

naming.run()

const reading = suite('run-log: reading')

const note: RunEvent = { type: 'note', at: 1, text: 'a' }
const line = JSON.stringify(note)

const texts: [what: string, text: string, events: number][] = [
  ['nothing', '', 0],
  ['a line', `${line}\n`, 1],
  ['a last line without an end', `${line}\n${line}`, 2],
  ['half a line at the end, of a run that was killed', `${line}\n${line.slice(0, 20)}`, 1],
  ['half a line in the middle', `${line}\n${line.slice(0, 20)}\n${line}\n`, 2],
  ['half a line with a whole one behind it', `${line.slice(0, 20)}${line}\n${line}\n`, 1],
  ['zeroes, as after a power cut', `${line}\n${'\0'.repeat(100)}\n${line}\n`, 2],
  [
    'JSON that is no event',
    `null\n5\n"x"\n[]\n{}\n{"type":"note"}\n{"at":1}\n{"type":1,"at":1}\n${line}\n`,
    1,
  ],
]
for (const [what, text, number] of texts)
  reading(what, () => assert.equal(readEvents(text), Array(number).fill(note)))

reading.run()

const settling = suite('run-log: what an interrupted run left')

const candidate: Fact = { kind: 'candidate', colour: 'green' }
const migrating: Fact = { kind: 'migrating', from: 'a1', colour: 'green', image: 'x' }
const switching: Fact = { kind: 'switching', from: 'blue', to: 'green', release: release(2) }
const settled: Fact = { kind: 'settled' }

const left: [what: string, facts: Fact[], finished: boolean, left: Fact[] | undefined][] = [
  ['a run that ended and settled', [candidate, migrating, switching, settled], true, undefined],
  ['a run that ended and never changed anything', [], true, undefined],
  ['a run that was killed at its very start', [], false, []],
  ['a run that was killed with a candidate', [candidate], false, [candidate]],
  [
    'a run that was killed while it switched',
    [candidate, migrating, switching],
    false,
    [candidate, migrating, switching],
  ],
  ['a run that was killed after it settled: nothing, but it did not end', [candidate, settled], false, []],
  ['a run that repaired and was killed later', [candidate, settled, migrating], false, [migrating]],
  ['a run that ended without settling', [candidate], true, [candidate]],
  ['a run that repaired, then ended without settling', [candidate, settled, switching], true, [switching]],
]
for (const [what, facts, finished, expected] of left)
  settling(what, () => {
    const events: RunEvent[] = facts.map(fact => ({ type: 'fact', at: 1, fact }))
    if (finished) events.push({ type: 'run-finished', at: 2, ms: 1, outcome: 'done', exitCode: 0 })
    assert.equal(unsettledFacts(events), expected)
  })

settling('the newest run before this one counts', () =>
  withLogs(environment => {
    const write = (id: string, ...facts: Fact[]): void => {
      const log = new RunLog(environment, id)
      for (const fact of facts) log.write({ type: 'fact', fact })
      log.close()
    }
    assert.is(unsettledRun(environment, '3-deploy'), undefined, 'there is none')
    write('3-deploy', switching)
    assert.is(unsettledRun(environment, '3-deploy'), undefined, 'there is only this one')
    write('1-deploy', switching)
    write('2-deploy', candidate)
    writeFileSync(logFile(environment, '9-notes').replace('.jsonl', '.txt'), 'not a log')
    assert.equal(unsettledRun(environment, '3-deploy'), { run: '2-deploy', facts: [candidate] })
  }),
)

settling('a run that waited for the lock is newer than its name', () =>
  withLogs(environment => {
    const write = (id: string, at: number, fact: Fact): void =>
      writeFileSync(logFile(environment, id), `${JSON.stringify({ type: 'fact', at, fact })}\n`)
    write('1-waited', 20, candidate)
    write('2-deploy', 10, switching)
    assert.equal(unsettledRun(environment, '3-deploy'), { run: '1-waited', facts: [candidate] })
  }),
)

settling('the run that held the lock before counts, whatever the clock said', () =>
  withLogs(environment => {
    const write = (id: string, at: number, fact: Fact): void =>
      writeFileSync(logFile(environment, id), `${JSON.stringify({ type: 'fact', at, fact })}\n`)
    write('20270101-deploy', 5000, switching)
    write('20260101-deploy', 10, candidate)
    const found = { run: '20260101-deploy', facts: [candidate] }
    assert.equal(unsettledRun(environment, '20260102-deploy', '20260101-deploy'), found)
    const without = unsettledRun(environment, '20260102-deploy', 'no-such-log')
    assert.is(without?.run, '20270101-deploy', 'where its log is not there, the latest')
  }),
)

settling('without any log directory there was no run', () =>
  inTemporary(directory => assert.is(unsettledRun(environmentIn(directory), 'x'), undefined)),
)

settling.run()
