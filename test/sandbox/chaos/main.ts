import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { duration } from '../../../lib/base/text.ts'
import { aloneInTheBox } from '../lock.ts'
import { campaign } from './campaign.ts'
import { faults } from './faults/all.ts'
import { type Campaign, merged, table } from './table.ts'

const { SEED, RUNS, MINUTES, FAULTS, OUT } = process.env
const out = OUT || '.bench/chaos.json'

function save(found: Campaign): void {
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(found)}\n`)
}

/** @returns the exit code. */
function conclude(found: Campaign): number {
  const failed = found.outcomes.filter(({ findings }) => findings.length > 0)
  const many = `${found.outcomes.length} runs were struck, ${found.missed} were over before, ${failed.length} failed`
  console.log(
    `\n${table(found)}\n\n${many}; seeds ${found.seeds.join(', ')}; ${duration(found.seconds * 1000)}`,
  )
  return failed.length === 0 ? 0 : 1
}

const indented = (text: string): string => text.replaceAll('\n', '\n      ')

async function storm(): Promise<number> {
  const seed = SEED || String(Date.now() % 1_000_000)
  const runs = Number(RUNS || 200)
  const longest = Number(MINUTES || 240) * 60_000
  const only = faults.filter(({ name }) => !FAULTS || name.includes(FAULTS))
  console.log(`seed ${seed}: ${runs} runs, at most ${duration(longest)}`)
  const found = await campaign({
    ...{ seed, runs, longest, only },
    progress: (soFar, outcome, number) => {
      save(soFar)
      const { fault, script, when, struck, codes, lost, requests, longestGapMs, repairedBy, findings } =
        outcome
      const mark = findings.length > 0 ? '✗' : struck ? '✓' : '–'
      const said = `exit ${codes.map(code => code ?? 'killed').join(', ')}; ${lost} of ${requests} lost, gap ${longestGapMs} ms; ${repairedBy}`
      console.log(
        `${mark} ${number} ${fault} · ${script} · ${when} · ${said} · ${outcome.seconds.toFixed(0)} s`,
      )
      for (const finding of findings) console.log(`    ✗ seed ${seed}, run ${number}: ${indented(finding)}`)
      if (findings.length > 0) console.log(`      ${indented(outcome.log)}`)
    },
  })
  save(found)
  return conclude(found)
}

/** `main.ts --merge one.json other.json`: several lanes, one table. */
const [option, ...given] = process.argv.slice(2)
if (option === '--merge') {
  const all = merged(given.map(file => JSON.parse(readFileSync(file, 'utf8')) as Campaign)) // written by save
  save(all)
  process.exitCode = conclude(all)
} else
  void aloneInTheBox(storm).then(code => {
    process.exitCode = code
  })
