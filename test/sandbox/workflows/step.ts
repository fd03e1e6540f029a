import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a `run:` step did, as the runner sees it. */
export interface StepDone {
  readonly name: string
  readonly code: number | null
  readonly said: string
  readonly outputs: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, string>>
  readonly summary: string
}

export interface StepToRun {
  readonly name: string
  readonly script: string
  readonly shell: string | undefined
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Cancels the workflow when what the step has said so far makes it true. */
  readonly cancelWhen?: ((said: string) => boolean) | undefined
}

/** Waits of a cancelled step before SIGTERM and before SIGKILL (ms; GitHub Docs, "Workflow cancellation"). */
const untilTerm = 7500
const untilKill = 2500

/**
 * Runs a step as the runner does: its script in a file, by bash, which alone gets the signals of a cancellation; at the
 * end everything that it left is killed. Outputs, variables and the summary come by files.
 */
export function runStep(step: StepToRun): Promise<StepDone> {
  const directory = mkdtempSync(join(tmpdir(), 'tracehub-step-'))
  const file = (name: string): string => join(directory, name)
  for (const name of ['output', 'env', 'summary', 'path']) writeFileSync(file(name), '')
  writeFileSync(file('script.sh'), step.script)
  const options = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e']
  const child = spawn('bash', [...options, file('script.sh')], {
    cwd: step.cwd,
    detached: true, // a process group to be killed at the end
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...step.env,
      GITHUB_OUTPUT: file('output'),
      GITHUB_ENV: file('env'),
      GITHUB_STEP_SUMMARY: file('summary'),
      GITHUB_PATH: file('path'),
    },
  })
  let said = ''
  let cancelled = false
  const timers: NodeJS.Timeout[] = []
  const cancel = (): void => {
    cancelled = true
    child.kill('SIGINT')
    timers.push(setTimeout(() => child.kill('SIGTERM'), untilTerm))
    timers.push(setTimeout(() => killGroup(child.pid), untilTerm + untilKill))
  }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
      if (!cancelled && step.cancelWhen?.(said)) cancel()
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      for (const timer of timers) clearTimeout(timer)
      killGroup(child.pid)
      resolve({
        name: step.name,
        code: cancelled ? null : code,
        said,
        outputs: readPairs(readFileSync(file('output'), 'utf8')),
        variables: readPairs(readFileSync(file('env'), 'utf8')),
        summary: readFileSync(file('summary'), 'utf8'),
      })
    })
  })
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // nothing of it is left
  }
}

/** `name=value` and `name<<delimiter`, as steps write them. @throws Error for a line that is neither. */
function readPairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {}
  const lines = text.split('\n')
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue
    const [, name = '', sign, value = ''] = /^([\w-]+)(=|<<)(.*)$/.exec(line) ?? []
    if (!sign) throw new Error(`not an output: ${line}`)
    const end = sign === '<<' ? lines.indexOf(value) : 0
    if (end === -1) throw new Error(`${name} has no end`)
    pairs[name] =
      sign === '<<'
        ? lines
            .splice(0, end + 1)
            .slice(0, -1)
            .join('\n')
        : value
  }
  return pairs
}
