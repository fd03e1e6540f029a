import { commandOf } from '../../base/command-text.ts'
import { Failure } from '../../base/failure.ts'
import { columns, count } from '../../base/text.ts'
import type { Run } from '../../run/run.ts'
import type { Stranger } from './judge.ts'
import { type Ground, strangersIn } from './look.ts'

/**
 * Looks around before the first change in a place that was never deployed to.
 * @param accepted go on beside what has no name that is needed here; it is said all the same
 * @throws Failure that names each thing which the toolkit did not make.
 */
export async function demandNoStrangers(ground: Ground, run: Run, accepted: boolean): Promise<void> {
  const found = await strangersIn(ground)
  const unbearable = accepted ? found.filter(({ isInTheWay }) => isInTheWay) : found
  if (unbearable.length > 0) throw refusal(ground, unbearable)
  for (const row of rowsOf(found)) run.note(`not the toolkit's: ${row.join(' ').trim()}`)
}

const rowsOf = (found: readonly Stranger[]): [kind: string, name: string, about: string][] =>
  found.map(({ kind, name, about }) => [kind, name, about])

function refusal({ name, directory, project, volume }: Ground, found: readonly Stranger[]): Failure {
  const isBlocked = found.some(({ isInTheWay }) => isInTheWay)
  const isNew = volume !== undefined && !found.some(stranger => stranger.name === `${project}_${volume}`)
  const beside = `${commandOf('deploy', name)} --accept-found  goes on beside it${isNew ? ', with a new, empty database' : ''}`
  return new Failure({
    what: `${name} was never deployed by the toolkit, and ${count(found.length, 'thing')} that it did not make ${found.length === 1 ? 'is' : 'are'} there already`,
    detail: `${columns(rowsOf(found))}\nexpected: nothing in ${directory} but the secrets and uploads, and none of its names on the engine`,
    fix: [
      'to bring them along: docs/install.md, "Where a stack runs already"',
      isBlocked
        ? 'beside them there is no room: containers and networks have names that are needed here'
        : beside,
    ].join('\n'),
  })
}
