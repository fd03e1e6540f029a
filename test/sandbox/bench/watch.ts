import { readFileSync } from 'node:fs'
import { Failure } from '../../../lib/base/failure.ts'
import { lastLines } from '../../../lib/base/text.ts'
import { start } from '../harness.ts'

/** What a script of ours took. */
export interface Taken {
  readonly ms: number
  /** The most memory that its process held, in bytes; of the commands that it ran, nothing. */
  readonly peak: number
}

/** Runs a script as a person does, to its good end, and looks at its memory meanwhile. */
export async function watched(
  script: string,
  args: readonly string[],
  { env = {}, codes = [0] }: { env?: Record<string, string>; codes?: readonly number[] } = {},
): Promise<Taken> {
  const started = performance.now()
  const running = start(script, args, env)
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, peakOf(running.pid))
  }, 20)
  const { code, stdout, stderr } = await running.done
  const ms = performance.now() - started
  clearInterval(timer)
  if (code === null || !codes.includes(code))
    throw new Failure({
      what: `${script}.ts ${args.join(' ')} ended with exit code ${code}`,
      detail: lastLines(stderr || stdout, 12),
    })
  return { ms, peak }
}

/** The most memory that a process has held so far, in bytes (proc_pid_status(5), VmHWM); 0 when it has ended. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
