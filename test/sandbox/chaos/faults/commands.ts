import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram } from '../../apt.ts'
import type { Fault } from '../fault.ts'
import type { Scene } from '../scene.ts'

/** A `docker` on the PATH of a run alone, which misbehaves from one call of it to another. */
const wrapper = `#!/bin/bash
here=$(dirname "$0")
number=$( exec 9>"$here/lock"; flock 9; n=$(( $(cat "$here/count") + 1 )); echo "$n" > "$here/count"; echo "$n" )
read -r from to how seconds < "$here/plan"
if (( number >= from && number <= to )); then
  echo "$number $how $*" >> "$here/struck"
  case $how in
    fail) echo 'error during connect: EOF' >&2; exit 1 ;;
    hang) exec sleep 1000 ;;
    late) sleep "$seconds" ;;
  esac
fi
exec REAL "$@"
`

type How = 'fail' | 'hang' | 'late'

/** @param calls how many calls in a row are befallen, and which may be the first */
async function withDocker(
  scene: Scene,
  how: How,
  calls: { readonly first: number; readonly count: number; readonly seconds?: number },
  act: (env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tracehub-docker-'))
  try {
    const { first, count, seconds = 0 } = calls
    writeFileSync(join(directory, 'docker'), wrapper.replace('REAL', findProgram('docker') ?? 'docker'))
    chmodSync(join(directory, 'docker'), 0o755)
    writeFileSync(join(directory, 'count'), '0\n')
    writeFileSync(join(directory, 'plan'), `${first} ${first + count - 1} ${how} ${seconds}\n`)
    scene.when = `docker's call ${first}${count > 1 ? ` to ${first + count - 1}` : ''}${seconds ? `, ${seconds} s late` : ''}`
    scene.struck = true
    await act({ PATH: `${directory}:${process.env['PATH']}` })
    await scene.over()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** About so many calls of docker each script makes. */
const callsOf = { deploy: 75, rollback: 50, backup: 14 } as const

const fails: Fault = {
  name: 'docker commands fail',
  play: scene => {
    const first = scene.random.between(1, callsOf[scene.script])
    const count = scene.random.pick([1, 1, 2, 5, 20])
    return withDocker(scene, 'fail', { first, count }, async env => void scene.start(env))
  },
}

const hangs: Fault = {
  name: 'a docker command hangs; the person presses Ctrl-C, then kills the run',
  play: scene => {
    const first = scene.random.between(1, callsOf[scene.script])
    return withDocker(scene, 'hang', { first, count: 1 }, async env => {
      const run = scene.start(env)
      const patience = Date.now() + 12_000
      while (!run.over() && Date.now() < patience) await sleep(50)
      run.signal('SIGINT')
      for (let waited = 0; !run.over() && waited < 8000; waited += 50) await sleep(50)
      run.signal('SIGKILL')
    })
  },
}

const late: Fault = {
  name: 'docker answers late',
  codes: [0],
  play: scene => {
    const [count, seconds] = scene.random.pick([
      [1, 5],
      [3, 2],
      [25, 0.4],
    ] as const)
    const first = scene.random.between(1, callsOf[scene.script])
    return withDocker(scene, 'late', { first, count, seconds }, async env => void scene.start(env))
  },
}

export const commands: readonly Fault[] = [fails, hangs, late]
