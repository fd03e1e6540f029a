import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Colour, otherColour, parts } from '../../../lib/environment/environment.ts'
import { findRelease, nextVersion, type Release } from '../../../lib/environment/releases.ts'
import type { Fact } from '../../../lib/run/events.ts'
import { fateOf, type Left, lastFact, unrecordedMove, usersAreOn } from '../../../lib/run/recovery.ts'
import { unsettledFacts } from '../../../lib/run/run-log.ts'
import { images, release } from '../fixtures.ts'

const words = suite('after a crash: where users are')
const moved = (to: Colour, run: string): Extract<Fact, { kind: 'switching' }> => ({
  ...{ kind: 'switching', from: otherColour(to), to, release: release(2, { run, colour: to }) },
})
const left = (changes: Partial<Left>): Left => ({
  ...{ served: 'blue', onDisk: 'blue', switching: undefined, recordedBy: 'run-1' },
  ...changes,
})

words('the running proxy counts; without it, what it will read', () => {
  assert.is(usersAreOn(left({ onDisk: 'green' })), 'blue')
  assert.is(usersAreOn(left({ served: undefined, onDisk: 'green' })), 'green')
  assert.is(usersAreOn(left({ served: null, onDisk: 'green' })), null)
})
words('a move that was announced and has happened is to be recorded or undone, once', () => {
  const switching = moved('green', 'run-2')
  assert.is(unrecordedMove(left({ switching })), undefined, 'it has not happened')
  assert.is(unrecordedMove(left({ switching, served: 'green' })), switching)
  assert.is(unrecordedMove(left({ switching, served: 'green', recordedBy: 'run-2' })), undefined)
})
words.run()

/** The world of one environment, as far as colours go: every change of it is one that a crash can follow. */
interface World {
  onDisk: Colour | null
  served: Colour | null
  readonly containers: Partial<Record<Colour, { image: string; status: string }[]>>
  readonly history: Release[]
  facts: Fact[]
}

const start = (number: number) => Object.values(images(number)).map(image => ({ image, status: 'running' }))
const setAll = (world: World, colour: Colour, status: string): void => {
  world.containers[colour] = (world.containers[colour] ?? []).map(one => ({ ...one, status }))
}

/** A deploy's changes in their order, those of lib/rollout/rollout.ts. */
function* deploy(world: World, run: string, number: number): Generator<void> {
  const from = world.onDisk
  const to = from === null ? 'blue' : otherColour(from)
  world.facts.push({ kind: 'candidate', colour: to })
  yield
  delete world.containers[to]
  yield
  world.containers[to] = start(number).slice(0, 1)
  yield
  world.containers[to] = start(number)
  yield
  const next = release(1, { ...nextVersion(world.history, images(number)), run, colour: to })
  world.facts.push({ kind: 'switching', from, to, release: next })
  yield
  world.onDisk = to
  yield
  world.served = to
  yield
  if (from !== null) setAll(world, from, 'exited')
  yield
  world.history.push(next)
  yield
  world.facts.push({ kind: 'settled' })
}

/** A repair's changes in their order, those of lib/repair/repair.ts. @param fit whether what users are on passes its tests */
function* repair(world: World, fit: boolean): Generator<void> {
  const facts = unsettledFacts(world.facts.map(fact => ({ type: 'fact', at: 0, fact }))) ?? []
  const { served, onDisk } = world
  const found = {
    served,
    onDisk,
    switching: lastFact(facts, 'switching'),
    recordedBy: world.history.at(-1)?.run,
  }
  let live = usersAreOn(found)
  world.onDisk = live
  yield
  const move = unrecordedMove(found)
  if (move && (fit || move.from === null)) world.history.push({ ...move.release, kind: 'adopted' })
  else if (move?.from) {
    setAll(world, move.from, 'running')
    yield
    world.onDisk = move.from
    yield
    world.served = move.from
    live = move.from
  }
  yield
  const previous = findRelease(world.history, world.history.at(-1)?.previous ?? 0)?.images
  for (const colour of (['blue', 'green'] as const).filter(name => name !== live)) {
    const containers = world.containers[colour] ?? []
    const fate = fateOf(containers, { previous, wasCandidate: lastFact(facts, 'candidate') !== undefined })
    if (fate === 'stop') setAll(world, colour, 'exited')
    if (fate === 'remove') delete world.containers[colour]
    yield
  }
  world.facts.push({ kind: 'settled' })
}

const crashes = suite('after any sequence of crashes')

/** One act after the other: how far each comes, and whether the proxy is started anew after it. */
const story = fc.array(
  fc.record({
    number: fc.integer({ min: 1, max: 9 }),
    deployed: fc.nat({ max: 11 }),
    repaired: fc.array(fc.nat({ max: 8 }), { maxLength: 3 }),
    proxyRestarts: fc.boolean(),
    fit: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
)

/** Takes an act so many changes far; users must be served after each of them. */
function play(world: World, act: Generator<void>, changes: number): void {
  for (let i = 0; i < changes && !act.next().done; i += 1) demandServed(world)
}

function demandServed({ served, containers, history }: World): void {
  if (history.length === 0 && served === null) return
  assert.ok(served, 'users are on a colour')
  const serving = containers[served] ?? []
  assert.is(serving.length, parts.length, `${served} is whole`)
  assert.ok(
    serving.every(({ status }) => status === 'running'),
    `${served} runs`,
  )
}

crashes('users are served at every moment, and a repair makes map, history and containers agree', () => {
  fc.assert(
    fc.property(story, acts => {
      const world: World = { onDisk: null, served: null, containers: {}, history: [], facts: [] }
      for (const [i, act] of acts.entries()) {
        play(world, deploy(world, `run-${i}`, act.number), act.deployed)
        if (act.proxyRestarts) world.served = world.onDisk
        demandServed(world)
        for (const changes of act.repaired) play(world, repair(world, act.fit), changes)
        play(world, repair(world, act.fit), Number.POSITIVE_INFINITY)
        demandAgreement(world)
      }
    }),
    { numRuns: 2000 },
  )
})

function demandAgreement({ onDisk, served, containers, history }: World): void {
  assert.is(onDisk, served)
  const last = history.at(-1)
  if (!last || served === null) {
    assert.is(served, null)
    return
  }
  assert.is(last.colour, served, 'the history says where users are')
  const imagesOf = (colour: Colour) => containers[colour]?.map(({ image }) => image)
  assert.equal(imagesOf(served), Object.values(last.images), 'and what they are on')
  const other = containers[otherColour(served)]
  if (!other) return
  assert.ok(
    other.every(({ status }) => status === 'exited'),
    'the other colour is stopped',
  )
}

crashes.run()
