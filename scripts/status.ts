#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { resolve } from 'node:path'
import { UsageError } from '../lib/base/failure.ts'
import { writeAtomically } from '../lib/base/files.ts'
import { commonOptions, parseCount, parseDuration, value } from '../lib/base/options.ts'
import { main } from '../lib/cli/main.ts'
import type { Environment } from '../lib/environment/environment.ts'
import { environmentNames, loadEnvironment } from '../lib/environment/settings.ts'
import { type Facts, here } from '../lib/operations/status/facts.ts'
import { findings } from '../lib/operations/status/findings/all.ts'
import { gather, viewOf } from '../lib/operations/status/gather.ts'
import { history, historyTable } from '../lib/operations/status/history.ts'
import { factsAsJson } from '../lib/operations/status/json.ts'
import { performance, performanceText } from '../lib/operations/status/performance.ts'
import { prometheus } from '../lib/operations/status/prometheus.ts'
import { paint, screen, terminalWidth, watch } from '../lib/operations/status/screen.ts'

const { environment, host, json } = commonOptions

/** All of this machine where none is named; what cannot be found out is said, and asked for no longer than seconds. */
async function look(name: string | undefined): Promise<readonly Facts[]> {
  const names = name === undefined ? await environmentNames() : [name]
  if (names.length === 0) throw new UsageError('environments/ has no settings of any environment')
  const all = await Promise.all(names.map(loadEnvironment))
  const found = await Promise.all(all.map(async one => gather(await viewOf(one))))
  return name === undefined ? here(found) : found
}

const exitCodeOf = (all: readonly Facts[]): number => (all.some(facts => findings(facts).length > 0) ? 1 : 0)

async function show(name: string | undefined, asJson: boolean): Promise<{ text: string; exitCode: number }> {
  const all = await look(name)
  const text = asJson
    ? `${JSON.stringify({ environments: all.map(factsAsJson) })}\n`
    : screen(all, terminalWidth(), paint)
  return { text, exitCode: exitCodeOf(all) }
}

async function showDatabase(one: Environment, asJson: boolean): Promise<number> {
  const answers = await performance((await viewOf(one)).project, 30_000)
  process.stdout.write(
    asJson ? `${JSON.stringify(answers)}\n` : `${performanceText(answers, terminalWidth())}\n`,
  )
  return 0
}

async function writePrometheus(name: string | undefined, file: string): Promise<number> {
  const all = await look(name)
  if (file === '-') process.stdout.write(prometheus(all))
  else writeAtomically(resolve(file), prometheus(all))
  return exitCodeOf(all)
}

function showHistory(one: Environment, last: number, asJson: boolean): number {
  const list = history(one, last)
  const width = process.stdout.isTTY ? terminalWidth() : Number.POSITIVE_INFINITY
  process.stdout.write(`${asJson ? JSON.stringify(list) : historyTable(list, width)}\n`)
  return 0
}

void main({
  name: 'status',
  summary: 'Shows how the environments do, on one screen, and what is wrong with the command that fixes it.',
  words: [{ choices: ['history'], optional: true }],
  options: {
    environment: { ...environment, describe: 'which environment; all of this machine unless told' },
    last: value('<number>', 'how much of the history (20 unless told)'),
    db: { type: 'flag', describe: 'how the database does: locks, slow queries, vacuum, indexes, tables' },
    watch: { ...value('duration', 'draw again and again (5s unless told)'), bare: '5s' },
    prometheus: { ...value('file', "write the facts for node_exporter's textfile collector"), bare: '-' },
    host,
    json: { ...json, describe: 'print one object of JSON' },
  },
  examples: [
    ['npx tsx scripts/status.ts', 'all environments that are here'],
    ['npx tsx scripts/status.ts -e production --watch', 'again and again, until Ctrl-C'],
    ['npx tsx scripts/status.ts -e production --db', 'what the database does'],
    ['npx tsx scripts/status.ts history -e production', 'releases, and what failed'],
    ['npx tsx scripts/status.ts --prometheus /var/lib/node_exporter/tracehub.prom', 'from cron, each minute'],
  ],
  exitCodes: '0 all is well · 1 something is wrong · 2 wrong usage or configuration',
  run: async (options, [word]) => {
    const modes = (['db', 'watch', 'prometheus'] as const)
      .filter(mode => options[mode])
      .map(mode => `--${mode}`)
    const all = word === undefined ? modes : [word, ...modes]
    if (all.length > 1) throw new UsageError(`${all.join(' and ')} exclude each other`)
    if (options.last !== undefined && word !== 'history')
      throw new UsageError('--last is for the history alone')
    const last = parseCount('last', options.last ?? '20')
    const pause = parseDuration('watch', options.watch)
    if (word === 'history') return showHistory(await loadEnvironment(options.environment), last, options.json)
    if (options.db) return showDatabase(await loadEnvironment(options.environment), options.json)
    if (options.prometheus !== undefined) return writePrometheus(options.environment, options.prometheus)
    if (options.watch !== undefined) return watch(pause, () => show(options.environment, options.json))
    const { text, exitCode } = await show(options.environment, options.json)
    process.stdout.write(text)
    return exitCode
  },
})
