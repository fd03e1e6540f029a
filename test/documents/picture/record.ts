import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { Line } from './svg.ts'
import { svg } from './svg.ts'
import { shown, textOf } from './terminal.ts'

/** Records `make demo` on a terminal and draws two of its chapters: a version with a migration, and what users noticed. */

const columns = 100
const chapters = ['A second version with a migration', 'What users noticed']

/** The lines of a chapter, from its title to the next one's. */
function chapter(lines: readonly Line[], title: string): Line[] {
  const from = lines.findIndex(line => textOf(line).startsWith(`── ${title} `))
  if (from === -1) throw new Error(`the demo has no chapter ${title}`)
  const length = lines.slice(from + 1).findIndex(line => /^── |^look around/.test(textOf(line)))
  const found = lines.slice(from, length === -1 ? undefined : from + 1 + length)
  return found.slice(0, found.findLastIndex(line => textOf(line) !== '') + 1)
}

async function record(): Promise<void> {
  const command = `stty cols ${columns} rows 50 && npx tsx test/sandbox/demo.ts`
  const words = ['--quiet', '--return', '--flush', '--command', command, '/dev/null']
  const child = spawn('script', words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    process.stdout.write(chunk)
  })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`the demo ended with exit code ${code}`)
  const lines = await shown(output, columns)
  const drawn = chapters.flatMap((title, i) => [...(i === 0 ? [] : [[]]), ...chapter(lines, title)])
  writeFileSync(
    'docs/demo.svg',
    svg(
      drawn,
      columns,
      'make demo: a deploy with a migration under load, and what users noticed of it and of four more',
    ),
  )
}

void record()
