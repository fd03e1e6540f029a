import type { Problem } from '../../../../lib/base/failure.ts'
import type { RunEvent } from '../../../../lib/run/events.ts'

type Finished = Extract<RunEvent, { type: 'run-finished' }>
type StepFinished = Extract<RunEvent, { type: 'step-finished' }>

export const stepDone = (changes: Partial<StepFinished> = {}): StepFinished => ({
  type: 'step-finished',
  at: 0,
  step: 1,
  title: 'Pull latest images',
  ms: 1234,
  outcome: 'done',
  ...changes,
})

export const finished = (changes: Partial<Finished> = {}): Finished => ({
  type: 'run-finished',
  at: 0,
  ms: 65_000,
  outcome: 'done',
  exitCode: 0,
  ...changes,
})

export const problem: Problem = {
  what: 'backend-green is unhealthy',
  detail: 'the end of its log:\n100% of 5 checks failed',
  fix: 'fix what its log says, build again and deploy',
}

const started = (step: number, title: string): RunEvent => ({
  type: 'step-started',
  at: Date.now(),
  step,
  title,
})

const opening: RunEvent[] = [
  {
    type: 'run-started',
    at: 0,
    run: '20260103-143000.000-deploy',
    script: 'deploy',
    environment: 'production',
    who: 'ada',
    pid: 1,
  },
  started(1, 'Pull latest images'),
  { type: 'progress', at: 0, step: 1, text: '1 of 2 layers' },
  { type: 'command', at: 0, text: "docker pull 'x y'", ms: 1200, code: 0 },
  stepDone({ note: 'pulled 3f1c9a0b72de' }),
  started(2, 'Backup database'),
  stepDone({
    step: 2,
    title: 'Backup database',
    ms: 3,
    outcome: 'skipped',
    note: 'there is no database yet',
  }),
  { type: 'note', at: 0, text: 'an earlier run did not come to its end' },
]

/** A run that brings a version live. */
export const success: RunEvent[] = [
  ...opening,
  finished({
    result: [
      ['live', 'green, release 2'],
      ['schema', 'a1b2'],
    ],
  }),
]

/** A run that fails and is rolled back. */
export const failure: RunEvent[] = [
  ...opening,
  { type: 'warning', at: 0, problem: { what: 'the disk is 90% full', fix: 'docker image prune' } },
  started(3, 'Wait for green to be healthy'),
  stepDone({
    step: 3,
    title: 'Wait for green to be healthy',
    ms: 61_000,
    outcome: 'failed',
    note: problem.what,
  }),
  finished({ outcome: 'rolled back', exitCode: 4, problem }),
]
