import { attempt, commandFailed } from '../../base/shell.ts'

/** What a container uses at this moment. */
export interface Usage {
  /** Of one processor: 1.5 is one and a half. */
  readonly cpu: number
  /** In bytes. */
  readonly memory: number
  /** In bytes; the machine's memory where the container has no limit. */
  readonly memoryLimit: number
}

/** @returns the usage by the container's id. Docker takes two looks for it, about two seconds. */
export async function usageOf(ids: readonly string[], timeout: number): Promise<Map<string, Usage>> {
  if (ids.length === 0) return new Map()
  const command = ['docker', 'stats', '--no-stream', '--no-trunc', '--format', '{{json .}}', ...ids]
  const ran = await attempt(command, { timeout })
  if (!ran.ok) throw commandFailed(command, ran)
  return parseUsage(ran.stdout)
}

/** Reads `docker stats`: `{"ID":"4cdd…","CPUPerc":"0.14%","MemUsage":"58.59MiB / 1GiB",…}`, one object a line. */
export function parseUsage(text: string): Map<string, Usage> {
  const usage = new Map<string, Usage>()
  for (const line of text.split('\n').filter(line => line.startsWith('{'))) {
    const { ID, CPUPerc, MemUsage } = JSON.parse(line) as Record<string, string | undefined>
    const [memory = '', limit = ''] = (MemUsage ?? '').split(' / ')
    usage.set(ID ?? '', {
      cpu: Number.parseFloat(CPUPerc ?? '') / 100,
      memory: parseBytes(memory),
      memoryLimit: parseBytes(limit),
    })
  }
  return usage
}

const powers = { '': 0, k: 1, K: 1, M: 2, G: 3, T: 4 } as const

/** `58.59MiB` (powers of 1024) or `3.04kB` (powers of 1000) in bytes; NaN for anything else. */
export function parseBytes(text: string): number {
  const match = /^([\d.]+) ?([kKMGT]?)(i?)B$/.exec(text.trim())
  if (!match) return Number.NaN
  const [, number, prefix, binary] = match
  return Math.round(
    Number(number) * (binary ? 1024 : 1000) ** powers[prefix as keyof typeof powers], // the pattern allows no other
  )
}
