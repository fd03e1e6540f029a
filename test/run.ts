import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { aloneInTheBox } from './sandbox/lock.ts'

/**
 * Runs test files, each in a process of its own, and believes none of them by its exit code alone: uvu exits 0
 * when `.run()` was forgotten and when a `before` hook throws. A file counts when it exited 0, ran at
 * least one test, skipped none and passed all.
 */

type Verdict = {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly why: string
}

const minute = 60_000
/** What may hang is ended (ms): pure code soon, a campaign on the real system after a good while; busy machines exist. */
const patience = (file: string): number => (isSandbox(file) ? 60 * minute : 10 * minute)
const isSandbox = (file: string): boolean => file.startsWith('test/sandbox/')

/** What uvu's summary and the exit code come to. */
export function judge(file: string, code: number | null, output: string): Verdict {
  const number = (name: string): number =>
    [...output.matchAll(new RegExp(`^ {2}${name}:\\s+(\\d+)`, 'gm'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    )
  const [total, passed, skipped] = [number('Total'), number('Passed'), number('Skipped')]
  const why =
    total === 0
      ? 'ran no test: is .run() missing?'
      : skipped > 0
        ? `skipped ${skipped}`
        : passed < total
          ? ''
          : code === null
            ? 'did not end in time'
            : code !== 0
              ? `exited with ${code}`
              : undefined
  if (why === undefined) return { file, passed, failed: 0, why: '' }
  return { file, passed, failed: Math.max(1, total - passed), why }
}

function runFile(file: string): Promise<Verdict> {
  return new Promise(resolve => {
    const started = Date.now()
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }), FORCE_COLOR: '0' },
    })
    let output = ''
    if (isSandbox(file)) process.stdout.write(`  ${file}\n`)
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (isSandbox(file)) process.stdout.write(chunk.toString().replace(/^(?=.)/gm, '    '))
      })
    const timer = setTimeout(() => child.kill('SIGKILL'), patience(file))
    child.on('close', code => {
      clearTimeout(timer)
      const verdict = judge(file, code, output)
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      const result = verdict.failed === 0 ? `✓ ${file}` : `✗ ${file}`
      const counts = `${verdict.passed} passed${verdict.failed ? `, ${verdict.failed} failed` : ''}, ${seconds} s`
      process.stdout.write(`${result}  ${counts}${verdict.why ? `  (${verdict.why})` : ''}\n`)
      if (verdict.failed > 0 && !isSandbox(file)) process.stdout.write(`${output}\n`)
      resolve(verdict)
    })
  })
}

/** Pure files side by side; those on the real system one after another, because there is one VPS. */
async function runAll(files: readonly string[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const queue = files.filter(file => !isSandbox(file))
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file; file = queue.shift()) verdicts.push(await runFile(file))
  }
  await Promise.all(cpus().map(worker))
  const onTheBox = files.filter(isSandbox)
  if (onTheBox.length > 0)
    await aloneInTheBox(async () => {
      for (const file of onTheBox) verdicts.push(await runFile(file))
    })
  return verdicts
}

function choose(what: string | undefined): string[] {
  const all = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `test/${file}`)
    .sort()
  if (what === undefined) return all
  if (what === 'unit') return all.filter(file => !isSandbox(file))
  if (what === 'sandbox') return all.filter(isSandbox)
  return all.filter(file => file.includes(what))
}

if (process.argv[1] === import.meta.filename) {
  const files = process.argv.length > 2 ? process.argv.slice(2).flatMap(choose) : choose(undefined)
  const verdicts = await runAll(files)
  const failed = verdicts.filter(verdict => verdict.failed > 0)
  if (files.length === 0) process.stdout.write('no test file was found\n')
  if (failed.length > 0)
    process.stdout.write(
      `\nfailed:\n${failed.map(verdict => `  ${verdict.file}  ${verdict.why || `${verdict.failed} failed`}`).join('\n')}\n`,
    )
  const sum = (key: 'passed' | 'failed'): number =>
    verdicts.reduce((total, verdict) => total + verdict[key], 0)
  const failures = sum('failed') + (files.length === 0 ? 1 : 0)
  process.stdout.write(`\n${files.length} test files\n${sum('passed')} passed, ${failures} failed\n`)
  process.exitCode = failures === 0 ? 0 : 1
}
