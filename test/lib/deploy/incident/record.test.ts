import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { telling } from '../../../../lib/deploy/incident/evidence.ts'
import { incidentRecord, isIncident } from '../../../../lib/deploy/incident/record.ts'
import { recordIncident } from '../../../../lib/deploy/incident/write.ts'
import { makeDirectories } from '../../../../lib/environment/directory.ts'
import type { NewEvent, RunEvent } from '../../../../lib/run/events.ts'
import { Run } from '../../../../lib/run/run.ts'
import { logFile, RunLog } from '../../../../lib/run/run-log.ts'
import { environmentIn, inTemporary } from '../../fixtures.ts'

const began = Date.UTC(2026, 0, 3, 14, 30)
const problem = { what: 'backend-green is unhealthy', detail: 'Traceback | ```', fix: 'fix it' }
const deploy: NewEvent[] = [
  {
    type: 'run-started',
    run: 'r',
    script: 'deploy',
    environment: 'production',
    who: 'ada',
    pid: 1,
    log: '/l/r.jsonl',
  },
  { type: 'target', release: undefined, tag: 'main-2', images: {} as never },
  { type: 'evidence', what: 'health before', text: 'backend-blue  running, healthy' },
  {
    type: 'step-finished',
    step: 1,
    title: 'Wait for green to be healthy',
    ms: 20_000,
    outcome: 'failed',
    note: 'backend-green is unhealthy',
  },
  { type: 'taking-back', problem },
  { type: 'evidence', what: 'last lines of backend-green', text: 'RuntimeError: cannot read' },
  { type: 'step-finished', step: 2, title: 'Check that blue serves as before', ms: 90, outcome: 'done' },
  { type: 'evidence', what: 'health after', text: 'backend-blue  running, healthy' },
]
const at = (events: readonly NewEvent[]): RunEvent[] =>
  events.map((event, i) => ({ at: began + i * 10_000, ...event }) as RunEvent)
const rolledBack = { outcome: 'rolled back', exitCode: 4, problem } as const
const about = {
  ended: rolledBack,
  now: began + 90_000,
  backups: ['backup_20260103_142900.sql, 1.2 MiB, 1 min 00 s old'],
  told: 2,
  commands: { logs: 'make logs E=production', status: 'status' },
}

const record = suite('incident: the record')

record('the documented checklist, the timeline and the evidence, from the log alone', () => {
  const text = incidentRecord(at(deploy), about)
  for (const line of [
    '# Incident 2026-01-03 14:30:00 UTC: deploy of main-2 in production, rolled back',
    '| Problem | backend-green is unhealthy |',
    '| Noticed | 2026-01-03 14:30:40 UTC, after 40.0 s |',
    '- [x] Identify the issue (deployment or database): Wait for green to be healthy: backend-green is unhealthy',
    '- [x] Check available backups: 1 newest below',
    '  - backup_20260103_142900.sql, 1.2 MiB, 1 min 00 s old',
    '- [x] Notify team of rollback in progress: by 2 webhooks',
    '- [x] Execute rollback procedure: rolled back, exit code 4',
    '- [x] Verify health checks pass: Check that blue serves as before: done',
    '- [ ] Check application functionality: log in, look at a shipment, upload a document',
    '- [ ] Document incident and root cause: below',
    '| 14:30:40 UTC | **problem** | backend-green is unhealthy |  |  |',
    'RuntimeError: cannot read',
  ])
    assert.ok(text.split('\n').includes(line), line)
  assert.is(text.match(/^```/gm)?.length, 8, "another program's fence cannot close ours")
})

record('what did not go well is not ticked off', () => {
  const ended = { outcome: 'needs a person', exitCode: 5, problem } as const
  const text = incidentRecord(at(deploy), { ...about, ended, backups: [], told: 0 })
  assert.match(text, '- [ ] Check available backups: there is none')
  assert.match(text, '- [ ] Notify team of rollback in progress: NOTIFY_WEBHOOK_URL is not set: tell them')
  assert.match(text, '- [ ] Execute rollback procedure: needs a person, exit code 5')
})

const started = (script: string): NewEvent[] => [
  { type: 'run-started', run: 'r', script, environment: 'e', who: 'w', pid: 1 },
]
const done = { outcome: 'done', exitCode: 0 } as const
const failed = { outcome: 'failed', exitCode: 1, problem } as const
const kinds: [
  what: string,
  events: NewEvent[],
  ended: typeof done | typeof failed | typeof rolledBack,
  is: boolean,
][] = [
  ['a deploy', started('deploy'), done, false],
  ['one that failed before anything was changed', started('deploy'), failed, false],
  ['one that was rolled back', deploy, rolledBack, true],
  ['a rollback by hand', started('rollback'), done, true],
  ['one that was refused', started('rollback'), failed, false],
  ['a repair that moved users back', deploy, done, true],
]
for (const [what, events, ended, is] of kinds)
  record(`${what} is ${is ? 'an' : 'no'} incident`, () => assert.is(isIncident(at(events), ended), is))

record('it is a file for its owner alone; one that cannot be written is a warning', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    makeDirectories(environment)
    const log = new RunLog(environment, 'r')
    for (const event of deploy) log.write(event)
    const warnings: string[] = []
    log.listen(event => void (event.type === 'warning' && warnings.push(event.problem.what)))
    const write = () =>
      recordIncident(
        { run: new Run(log), environment, logFile: logFile(environment, 'r'), told: 0 },
        rolledBack,
      )
    write()
    const incidents = join(directory, 'logs', 'incidents')
    const [name = ''] = readdirSync(incidents)
    assert.match(name, /^\d{8}-\d{6}\.md$/)
    assert.is(statSync(join(incidents, name)).mode & 0o777, 0o600)
    assert.match(readFileSync(join(incidents, name), 'utf8'), /^# Incident /)
    assert.equal(warnings, [])
    rmSync(incidents, { recursive: true })
    writeFileSync(incidents, 'in the way')
    write()
    assert.match(warnings.join(), /^the incident record was not written: EEXIST/)
    log.close()
  }),
)

record('of a long log, the lines that complain are told, each with what came before it', () => {
  const noise = Array.from({ length: 50 }, (_, i) => `GET /health ${i}`)
  const log = [
    ...noise,
    'loading carriers',
    'File "a.py", line 1',
    'RuntimeError: no carrier',
    ...noise,
  ].join('\n')
  assert.is(telling(log), 'loading carriers\nFile "a.py", line 1\nRuntimeError: no carrier')
  assert.is(telling(noise.join('\n')), noise.slice(-20).join('\n'))
})

record.run()
