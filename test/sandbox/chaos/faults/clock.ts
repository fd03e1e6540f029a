import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePrograms } from '../../apt.ts'
import type { Fault } from '../fault.ts'

/** Offsets as libfaketime reads them. */
const jumps = ['-2h', '+3h', '-1d', '+1d', '-1y', '+1y'] as const

/** Debian's library, wherever its architecture has it. */
function library(): string {
  const places = readdirSync('/usr/lib').map(name => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'))
  const found = places.find(place => existsSync(place))
  if (found === undefined) throw new Error('libfaketimeMT.so.1 is not below /usr/lib')
  return found
}

/** The clock of the run alone is wrong from the start, or jumps in the middle of it. */
export const clock: Fault = {
  name: 'the clock jumps',
  codes: [0],
  prepare: () => ensurePrograms(() => {}, { faketime: ['faketime'] }),
  play: async scene => {
    const file = join(tmpdir(), `tracehub-clock-${process.pid}`)
    const jump = scene.random.pick(jumps)
    const fromTheStart = scene.random.chance(0.5)
    writeFileSync(file, `${fromTheStart ? jump : '+0'}\n`)
    const run = scene.start({
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1', // seconds
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    })
    if (fromTheStart) scene.struck = true
    else await scene.moment(run)
    writeFileSync(file, `${jump}\n`)
    scene.when = `${jump} ${fromTheStart ? 'from the start' : scene.when}`
    await scene.over()
    rmSync(file)
  },
}
