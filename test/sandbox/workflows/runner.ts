import { join } from 'node:path'
import { type Contexts, interpolate, isTrue } from './expressions.ts'
import { contextsOf, type Happening, variablesOf } from './happening.ts'
import { type Job, needsOf, readAction, readWorkflow, type Step, type Workflow } from './shapes.ts'
import { runStep, type StepDone } from './step.ts'

type Result = 'success' | 'failure' | 'cancelled' | 'skipped'
export interface JobDone {
  readonly result: Result
  readonly outputs: Readonly<Record<string, string>>
  readonly steps: readonly StepDone[]
}

/** What did not run, by its name: other people's actions, services, and the steps that the happening takes out. */
export const notRun = new Set<string>()
const prepared = new Set<string>()

/** Runs every job of a workflow of `.github/workflows` in the order of their needs, by the YAML itself. */
export async function runWorkflow(
  file: string,
  happening: Happening,
): Promise<Readonly<Record<string, JobDone>>> {
  const workflow = readWorkflow(join(happening.checkout, '.github/workflows', file))
  const done: Record<string, JobDone> = {}
  const inputs = { ...defaultsOf(workflow, happening), ...happening.inputs }
  let cancelled = false
  for (const [id, job] of Object.entries(workflow.jobs)) {
    // The files list jobs after those that they need; a cycle or a wrong name is actionlint's to find.
    const needs = Object.fromEntries(needsOf(job).map(name => [name, done[name]]))
    const failed = Object.values(needs).some(need => need?.result !== 'success')
    const status = cancelled ? 'cancelled' : failed ? 'failure' : 'success'
    const own = { ...contextsOf(happening), inputs }
    const env = interpolated(workflow.env ?? {}, { values: own, status })
    const values = { ...own, env, needs: needsContext(needs) }
    if (happening.passed?.includes(id)) done[id] = { result: 'success', outputs: {}, steps: [] }
    else if (!isTrue(job.if, { values, status })) done[id] = { result: 'skipped', outputs: {}, steps: [] }
    else if (job.uses) done[id] = await runCalled(job.uses, job, happening, { values, status })
    else done[id] = await runJob(workflow, job, happening, values)
    cancelled ||= done[id].result === 'cancelled'
  }
  return done
}

/** A workflow that is called sees the inputs of its call alone. */
function defaultsOf({ on }: Workflow, { inputs, event, called }: Happening): Record<string, unknown> {
  const declared = called
    ? on.workflow_call?.inputs
    : event === 'workflow_dispatch'
      ? on.workflow_dispatch?.inputs
      : {}
  for (const name of Object.keys(inputs ?? {}))
    if (!declared?.[name]) throw new Error(`there is no input ${name}`)
  for (const [name, input] of Object.entries(declared ?? {}))
    if ('required' in input && input.required && !inputs?.[name])
      throw new Error(`the input ${name} is missing`)
  return Object.fromEntries(Object.entries(declared ?? {}).map(([name, input]) => [name, input.default]))
}

const needsContext = (needs: Readonly<Record<string, JobDone | undefined>>): unknown =>
  Object.fromEntries(
    Object.entries(needs).map(([name, need]) => [name, { result: need?.result, outputs: need?.outputs }]),
  )

async function runCalled(uses: string, job: Job, happening: Happening, contexts: Contexts): Promise<JobDone> {
  const file = uses.replace('./.github/workflows/', '')
  const jobs = await runWorkflow(file, {
    ...happening,
    called: true,
    inputs: interpolated(job.with ?? {}, contexts),
    secrets: job.secrets === 'inherit' ? happening.secrets : {},
  })
  for (const [id, done] of Object.entries(jobs)) happening.done?.(id, done)
  const results = Object.values(jobs).map(({ result }) => result)
  const result = results.includes('cancelled')
    ? 'cancelled'
    : results.includes('failure')
      ? 'failure'
      : 'success'
  const called = readWorkflow(join(happening.checkout, '.github/workflows', file)).on.workflow_call
  const values = { ...contextsOf(happening), jobs }
  return {
    result,
    outputs: interpolated(
      Object.fromEntries(Object.entries(called?.outputs ?? {}).map(([name, { value }]) => [name, value])),
      { values, status: 'success' },
    ),
    steps: Object.values(jobs).flatMap(({ steps }) => steps),
  }
}

async function runJob(
  workflow: Workflow,
  job: Job,
  happening: Happening,
  contexts: Readonly<Record<string, unknown>>,
): Promise<JobDone> {
  for (const name of Object.keys(job.services ?? {})) notRun.add(`service ${name}`)
  const legs = job.strategy ? Object.entries(job.strategy.matrix) : []
  // Of a matrix the first leg: what ours do in each leg is another's action, which does not run here.
  const matrix = Object.fromEntries(legs.map(([name, [first]]) => [name, first]))
  const state: State = { status: 'success', steps: {}, done: [], variables: {}, happening, job, workflow }
  const values = { ...contexts, matrix }
  for (const step of job.steps ?? []) await perform(step, state, values)
  return {
    result: state.status,
    outputs: interpolated(job.outputs ?? {}, {
      values: { ...values, steps: state.steps },
      status: state.status,
    }),
    steps: state.done,
  }
}

interface State {
  status: 'success' | 'failure' | 'cancelled'
  readonly steps: Record<string, { outputs: Readonly<Record<string, string>>; outcome: string }>
  readonly done: StepDone[]
  readonly variables: Record<string, string>
  readonly happening: Happening
  readonly job: Job
  readonly workflow: Workflow
}

async function perform(step: Step, state: State, values: Readonly<Record<string, unknown>>): Promise<void> {
  const contexts: Contexts = { values: { ...values, steps: state.steps }, status: state.status }
  if (!isTrue(step.if, contexts)) return
  if (step.uses?.startsWith('./')) return performAction(step, state, contexts)
  if (step.uses) return void notRun.add(step.uses.split('@')[0] ?? '')
  const takenOut = state.happening.takenOut?.find(begin => step.run?.startsWith(begin))
  if (takenOut) return void notRun.add(takenOut)
  const { happening, job, workflow } = state
  const cwd = step['working-directory'] ?? workflow.defaults?.run['working-directory'] ?? '.'
  const done = await runStep({
    name: interpolate(step.name ?? step.id ?? step.run ?? '', contexts),
    script: interpolate(step.run ?? '', contexts),
    shell: step.shell,
    cwd: join(happening.checkout, interpolate(cwd, contexts)),
    env: {
      ...happening.machine,
      ...variablesOf(happening),
      ...interpolated({ ...workflow.env, ...job.env, ...step.env }, contexts),
      ...state.variables,
    },
    cancelWhen: state.status === 'success' ? happening.cancelWhen : undefined,
  })
  state.done.push(done)
  Object.assign(state.variables, done.variables)
  if (step.id) state.steps[step.id] = { outputs: done.outputs, outcome: outcomeOf(done) }
  if (done.code === null) state.status = 'cancelled'
  else if (done.code !== 0 && state.status === 'success') state.status = 'failure'
}

const outcomeOf = ({ code }: StepDone): string =>
  code === null ? 'cancelled' : code === 0 ? 'success' : 'failure'

/** A composite action of ours. What sets a directory up is done once: on GitHub each job has a machine of its own. */
async function performAction(step: Step, state: State, contexts: Contexts): Promise<void> {
  const { checkout } = state.happening
  const action = readAction(join(checkout, `${step.uses}`))
  const given = interpolated(step.with ?? {}, contexts)
  const defaults = Object.entries(action.inputs ?? {}).map(([name, input]) => [name, input.default ?? ''])
  for (const name of Object.keys(given))
    if (!action.inputs?.[name]) throw new Error(`${step.uses} has no input ${name}`)
  for (const [name, input] of Object.entries(action.inputs ?? {}))
    if (input.required && !given[name]) throw new Error(`${step.uses} needs ${name}`)
  const inputs = { ...Object.fromEntries(defaults), ...given }
  const key = `${checkout} ${step.uses} ${JSON.stringify(inputs)}`
  if (prepared.has(key)) return
  const { defaults: _, ...workflow } = state.workflow // a workflow's defaults are not an action's
  const own: State = { ...state, steps: {}, workflow }
  const values = { ...contexts.values, inputs }
  for (const inner of action.runs.steps) await perform(inner, own, values)
  state.status = own.status
  if (step.uses?.includes('/setup') && own.status === 'success') prepared.add(key)
  if (step.id) {
    const outputs = Object.entries(action.outputs ?? {}).map(([name, { value }]) => [name, value])
    const all = { values: { ...values, steps: own.steps }, status: own.status }
    state.steps[step.id] = { outputs: interpolated(Object.fromEntries(outputs), all), outcome: own.status }
  }
}

const interpolated = (
  record: Readonly<Record<string, string | number | boolean>>,
  contexts: Contexts,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, interpolate(String(value), contexts)]),
  )
