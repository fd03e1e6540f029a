import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownerLabel, removeLeftovers } from '../../../lib/docker/throwaway.ts'

const { TMPDIR } = process.env
const temporary = mkdtempSync(join(tmpdir(), 'leftovers-'))
process.env['TMPDIR'] = temporary

test.after(() => {
  if (TMPDIR === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = TMPDIR
  rmSync(temporary, { recursive: true })
})

/** What a run of that process has left. */
function left(pid: number, name: string): string {
  const directory = join(temporary, `migrate-check-${ownerLabel().replace(/^\d+/, String(pid))}-${name}`)
  mkdirSync(directory)
  writeFileSync(join(directory, 'file'), '')
  return directory
}

test('what a killed run of ours has left goes; what a run at work has, and what is of somebody else, stays', async () => {
  const ours = left(2 ** 22 + 1, 'ours') // no process has that number (proc(5), pid_max)
  const atWork = left(process.pid, 'work')
  const others = left(2 ** 22 + 1, 'others')
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(others, 1000, 1000)
  await removeLeftovers()
  assert.not(existsSync(ours))
  assert.ok(existsSync(atWork))
  assert.is(existsSync(others), isRoot, 'root removed what whoever owns it may swap meanwhile')
})

test.run()
