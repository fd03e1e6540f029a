import { setTimeout as sleep } from 'node:timers/promises'
import { attempt } from '../../../../lib/base/shell.ts'
import { directoryOf } from '../../harness.ts'
import type { Fault } from '../fault.ts'

/** Several people at once: one of them deploys, the others are told, or wait for their turn. */
const together = (number: number, word: string): Fault => ({
  name: `${word} runs at once`,
  scripts: ['deploy'],
  codes: [0, 3],
  play: async scene => {
    scene.struck = true
    const waits: number[] = []
    for (let i = 0; i < number; i += 1) {
      const tag = scene.random.pick(['v2', 'v3'])
      const wait = i < 3 && scene.random.chance(0.4) // each that waits takes the time of a deploy
      if (wait) waits.push(i + 1)
      scene.start({}, ['--tag', tag, ...(wait ? ['--wait', '90s'] : [])])
      await sleep(scene.random.between(0, 300))
    }
    scene.when = waits.length === 0 ? 'nobody waits' : `number ${waits.join(', ')} of them may wait`
    await scene.over()
  },
})

/** Typed in the environment's directory, with no flags, as documented. */
const typed = (
  words: readonly string[],
  rest: Pick<Fault, 'excuse' | 'leavesNobody' | 'replaces'> = {},
): Fault => ({
  name: `a person types docker compose ${words.join(' ')}`,
  ...rest,
  play: async scene => {
    const run = scene.start()
    await scene.moment(run)
    await attempt(['docker', 'compose', ...words], { cwd: directoryOf('production') })
    await scene.over()
  },
})

export const people: readonly Fault[] = [
  together(2, 'two'),
  together(5, 'five'),
  typed(['up', '-d']),
  typed(['restart'], { excuse: 'it stops everything and starts it again' }),
  typed(['down'], {
    excuse: 'it takes everything away',
    leavesNobody: true,
    replaces: true,
  }),
]
