import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { describeProblem, Failure, problemOf, UsageError } from '../../../lib/base/failure.ts'
import { bytes, duration } from '../../../lib/base/text.ts'
import { say } from '../harness.ts'
import { aloneInTheBox } from '../lock.ts'
import { type Figure, shownIn } from './measure.ts'
import { markdown } from './table.ts'

/**
 * `make bench`: the toolkit against what people do today, as one table and as `.bench/results.json`.
 * `make bench ONLY=backup` measures one part and keeps the others' figures from before.
 */
const benchmarks: Readonly<Record<string, () => Promise<Figure[]>>> = {
  deploy: async () => (await import('./deploy.ts')).deploys(),
  startup: async () => (await import('./startup.ts')).startup(),
  backup: async () => (await import('./backup.ts')).backup(),
  ssh: async () => (await import('./ssh.ts')).ssh(),
  'migrate-check': async () => (await import('./migrate-check.ts')).migrateCheck(),
  growth: async () => (await import('./growth.ts')).growth(),
  memory: async () => (await import('./memory.ts')).memory(),
}

interface Measured {
  readonly at: string
  /** The machine's load averages over one minute, before and after: what else it was doing. */
  readonly load: readonly [before: number, after: number]
  readonly seconds: number
  readonly command: string
  readonly figures: readonly Figure[]
}
interface Results {
  readonly machine: Readonly<Record<string, string | number>>
  readonly benchmarks: Readonly<Record<string, Measured>>
}

const file = join(import.meta.dirname, '..', '..', '..', '.bench', 'results.json')

function before(): Results['benchmarks'] {
  if (!existsSync(file)) return {}
  return (JSON.parse(readFileSync(file, 'utf8')) as Results).benchmarks // what we wrote
}

const machine = (): Results['machine'] => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memory: bytes(totalmem()),
  kernel: release(),
  node: process.version,
})

const load = (): number => Number((loadavg()[0] ?? 0).toFixed(2))

async function measure(name: string, act: () => Promise<Figure[]>): Promise<Measured> {
  const [started, loadBefore] = [Date.now(), load()]
  say(`${name}, at load ${loadBefore}`)
  const figures = await act()
  const seconds = Math.round((Date.now() - started) / 1000)
  say(`${name} took ${duration(seconds * 1000)}`)
  for (const { what, unit, value, met } of figures)
    say(`  ${what}: ${shownIn(unit, value)}${met === false ? ', GOAL MISSED' : ''}`)
  const command = `make bench ONLY=${name}`
  return { at: new Date(started).toISOString(), load: [loadBefore, load()], seconds, command, figures }
}

function chosen(): string[] {
  const wanted = process.argv.slice(2)
  const unknown = wanted.find(name => !(name in benchmarks))
  if (unknown !== undefined)
    throw new UsageError(
      `there is no benchmark ${unknown}`,
      `ONLY=${Object.keys(benchmarks).join(', ONLY=')}`,
    )
  return wanted.length > 0 ? wanted : Object.keys(benchmarks)
}

async function bench(): Promise<void> {
  try {
    const names = chosen()
    await aloneInTheBox(async () => {
      for (const name of names) {
        const measured = await measure(name, benchmarks[name] ?? (async () => []))
        const results = { machine: machine(), benchmarks: { ...before(), [name]: measured } }
        mkdirSync(join(file, '..'), { recursive: true })
        writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
      }
    })
    const all = Object.entries(before()).filter(([name]) => names.includes(name))
    process.stdout.write(`\n${markdown(all.flatMap(([, { figures }]) => figures))}\n`)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    process.stderr.write(`${describeProblem(problemOf(error))}\n`)
    process.exitCode = error.exitCode
  }
}

void bench()
