import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { standsBy } from '../../../lib/deploy/colours.ts'
import type { Container } from '../../../lib/docker/containers.ts'
import { Project, type ServiceName } from '../../../lib/docker/project.ts'
import type { Colour } from '../../../lib/environment/environment.ts'
import { environmentIn, image, images, inTemporary, release } from '../fixtures.ts'

/** A project whose containers are these. */
class Shown extends Project {
  readonly #containers: readonly Container[]

  constructor(directory: string, containers: readonly Container[]) {
    super(environmentIn(directory), { command: ['false'], version: 'none' })
    this.#containers = containers
  }

  override async containers(services: readonly ServiceName[]): Promise<Container[]> {
    return this.#containers.filter(({ service }) => services.some(name => name === service))
  }
}

const container = (service: ServiceName, ofImage: string): Container => ({
  id: service,
  name: service,
  service,
  image: ofImage,
  status: 'exited',
  health: 'none',
  restarts: 0,
  startedAt: 0,
  exitCode: 0,
  oomKilled: false,
  addresses: [],
  lastCheck: '',
  healthCommand: [],
})
const pair = (colour: Colour, number: number): Container[] => [
  container(`backend-${colour}`, images(number).backend),
  container(`frontend-${colour}`, images(number).frontend),
]

const standing = suite('standby: are the containers of a release still there?')

const situations: [what: string, map: string | undefined, containers: Container[], standsBy: boolean][] = [
  ['in the other colour, as they served', 'live green', [...pair('green', 2), ...pair('blue', 1)], true],
  ['whichever colour that is', 'live blue', [...pair('blue', 2), ...pair('green', 1)], true],
  ['gone', 'live green', pair('green', 2), false],
  ['only one of them', 'live green', [...pair('green', 2), ...pair('blue', 1).slice(0, 1)], false],
  ['another version has taken their place', 'live green', [...pair('green', 2), ...pair('blue', 3)], false],
  [
    'one of them is of another version',
    'live green',
    [container('backend-blue', images(1).backend), container('frontend-blue', image('frontend', 3))],
    false,
  ],
  ['users are on them', 'live blue', pair('blue', 1), false],
  ['nobody is live', 'live none', pair('blue', 1), false],
  ['nobody knows who is live', undefined, pair('blue', 1), false],
]
for (const [what, map, containers, expected] of situations)
  standing(`${what}: ${expected ? 'yes' : 'no'}`, () =>
    inTemporary(async directory => {
      mkdirSync(join(directory, 'proxy'))
      if (map !== undefined) writeFileSync(join(directory, 'proxy', 'live.map'), `${map}\n`)
      assert.is(await standsBy(new Shown(directory, containers), release(1)), expected)
    }),
  )

standing.run()
