import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { describeProblem, problemOf } from '../lib/base/failure.ts'
import { type Box, canMakeBoxes, makeBoxes } from './sandbox/boxes/box.ts'
import { aloneInTheBox } from './sandbox/lock.ts'
import { print } from './sandbox/progress.ts'
import { judge, type Verdict } from './verdict.ts'

/**
 * Runs test files, each in a process of its own, and believes none of them by its exit code alone: uvu exits 0
 * when `.run()` was forgotten and when a `before` hook throws. A file counts when it exited 0, ran at
 * least one test, skipped none and passed all.
 */

const minute = 60_000
/** What may hang is ended (ms): pure code soon, a campaign on the real system after a good while; busy machines exist. */
const patience = (file: string): number => (isSandbox(file) ? 60 * minute : 10 * minute)
const isSandbox = (file: string): boolean => file.startsWith('test/sandbox/')

/** Where a file runs: on this machine, or in a box. Files that run beside others are printed when they have ended. */
interface Place {
  readonly enter: readonly string[]
  readonly beside: boolean
}
const here: Place = { enter: [], beside: false }

function runFile(file: string, { enter, beside }: Place = here): Promise<Verdict> {
  return new Promise(resolve => {
    const started = Date.now()
    const [program = '', ...words] = [...enter, process.execPath, '--import', 'tsx', file]
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }), FORCE_COLOR: '0' },
    })
    const streamed = isSandbox(file) && !beside
    let output = ''
    if (streamed) process.stdout.write(`  ${file}\n`)
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
        if (streamed) process.stdout.write(indented(chunk))
      })
    const timer = setTimeout(() => child.kill('SIGKILL'), patience(file))
    child.on('close', code => {
      clearTimeout(timer)
      const seconds = (Date.now() - started) / 1000
      const verdict = { ...judge(file, code, output), seconds }
      const counts = `${verdict.passed} passed${verdict.failed ? `, ${verdict.failed} failed` : ''}`
      const line = `${verdict.failed ? '✗' : '✓'} ${file}  ${counts}, ${seconds.toFixed(1)} s`
      process.stdout.write(`${line}${verdict.why ? `  (${verdict.why})` : ''}\n`)
      if (verdict.failed > 0 && !streamed) process.stdout.write(`${indented(output)}\n`)
      resolve(verdict)
    })
  })
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '    ')

/** Takes files from the queue until it is empty, in one place. */
async function work(queue: string[], verdicts: Verdict[], place: Place): Promise<void> {
  for (let file = queue.shift(); file; file = queue.shift())
    if (isSandbox(file) && !hasTimeFor(file)) notRun.push(file)
    else verdicts.push(await runFile(file, place))
}

/** Pure files side by side; those on the real system as many at once as there are boxes, or one after another. */
async function runAll(files: readonly string[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const pure = files.filter(file => !isSandbox(file))
  await Promise.all(cpus().map(() => work(pure, verdicts, here)))
  const real = files.filter(isSandbox)
  if (real.length > 0) await aloneInTheBox(() => runReal(real, verdicts))
  return verdicts
}

async function runReal(files: readonly string[], verdicts: Verdict[]): Promise<void> {
  const wanted = Math.min(files.length, numberOfBoxes())
  if (wanted < 2 || !canMakeBoxes()) return work(inOrder(files), verdicts, here)
  const queue = inOrder(files)
  const boxes = await makeBoxes(wanted, print).catch((error: unknown) => {
    print(
      `no boxes: ${describeProblem(problemOf(error))}\n· so the files run on the machine itself, one after another`,
    )
    return []
  })
  if (boxes.length === 0) return work(queue, verdicts, here)
  try {
    await Promise.all(boxes.map(box => work(queue, verdicts, inBox(box))))
  } finally {
    await Promise.all(boxes.map(box => box.remove()))
  }
}

const inBox = ({ enter }: Box): Place => ({ enter, beside: true })

/**
 * BOXES=3, say: how many files of the real system run beside each other; 0 or 1: one after another, on this machine.
 * A deploy is at work for half of its time and waits for the other half: a box a core, and not many in all, is what a
 * machine bears before health checks run out.
 */
function numberOfBoxes(): number {
  const given = process.env['BOXES'] || `${Math.min(4, cpus().length)}`
  if (!/^\d$/.test(given)) throw new Error(`BOXES=${given}: a number from 0 to 9 was expected`)
  return Number(given)
}

/** Minutes that long files take on a slow machine; the others take four or less. */
const usual: Readonly<Record<string, number>> = {
  'documents/readme': 15,
  'deploy/killed/migrating': 14,
  'deploy/killed/switching': 14,
  'deploy/nothing-is-lost': 10,
  'engines/current': 10,
  'deploy/killed/undoing': 8,
  'chaos/chaos': 8,
  'emergency/emergencies': 6,
  'deploy/first-steps': 8,
  'deploy/together': 8,
  'migrate-check/corpus': 8,
  'backup/rollback': 6,
  'backup/bad-files': 6,
  'daytwo/status': 6,
  'deploy/broken-versions': 6,
  'deploy/migrations-back': 6,
  'deploy/beside-others': 6,
  'deploy/first-failures': 6,
  'secrets/owner': 6,
}
const usually = (file: string): number =>
  Object.entries(usual).find(([name]) => file.includes(name))?.[1] ?? 4

/** So that no long file begins when all others have ended; where time is limited, so that most files come first. */
const inOrder = (files: readonly string[]): string[] =>
  files.toSorted((a, b) => (limit() === undefined ? usually(b) - usually(a) : usually(a) - usually(b)))

/** TEST_MINUTES=60: no file of the real system begins that would probably not end in that time. */
function limit(): number | undefined {
  const given = process.env['TEST_MINUTES']
  if (!given) return undefined
  if (!/^\d{1,4}$/.test(given)) throw new Error(`TEST_MINUTES=${given}: a number of minutes was expected`)
  return Number(given)
}
const began = Date.now()
const hasTimeFor = (file: string): boolean =>
  (Date.now() - began) / minute + usually(file) <= (limit() ?? Number.POSITIVE_INFINITY)

/** Files of the real system that were not begun for lack of time. */
const notRun: string[] = []

const slowest = (verdicts: readonly Verdict[]): string =>
  verdicts
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, 10)
    .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${file}`)
    .join('\n')

function choose(what: string | undefined): string[] {
  const all = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `test/${file}`)
    .sort()
  if (what === undefined) return all
  if (what === 'unit') return all.filter(file => !isSandbox(file))
  if (what === 'sandbox') return all.filter(isSandbox)
  // `documents/readme` is a unit test, and the real system's of that name is `sandbox/documents/readme`.
  const here = all.filter(file => file.startsWith(`test/${what}`))
  return here.length > 0 ? here : all.filter(file => file.includes(what))
}

async function main(): Promise<void> {
  const files = process.argv.length > 2 ? process.argv.slice(2).flatMap(choose) : choose(undefined)
  const verdicts = await runAll(files)
  const failed = verdicts.filter(verdict => verdict.failed > 0)
  if (files.length === 0) process.stdout.write('no test file was found\n')
  if (failed.length > 0)
    process.stdout.write(
      `\nfailed:\n${failed.map(verdict => `  ${verdict.file}  ${verdict.why || `${verdict.failed} failed`}`).join('\n')}\n`,
    )
  if (files.length > 10) process.stdout.write(`\nthe ten slowest files:\n${slowest(verdicts)}\n`)
  if (notRun.length > 0)
    process.stdout.write(
      `\nNOT RUN, for TEST_MINUTES=${limit()} would not have been enough (make test without it runs all):\n${notRun.map(file => `  ${file}`).join('\n')}\n`,
    )
  const sum = (key: 'passed' | 'failed'): number =>
    verdicts.reduce((total, verdict) => total + verdict[key], 0)
  const failures = sum('failed') + (files.length === 0 ? 1 : 0)
  process.stdout.write(`\n${verdicts.length} test files\n${sum('passed')} passed, ${failures} failed\n`)
  process.exitCode = failures === 0 ? 0 : 1
}

if (process.argv[1] === import.meta.filename) void main()
