import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { forgetFreight, freight } from '../freight.ts'
import { letdowns } from '../front.ts'

/** Where in its work it lets the run down: asked what the tag means, at the pull, in the middle of a layer. */
const moments = {
  'the tag': /manifests\/v3/,
  'the pull': /manifests\/sha256/,
  'a layer': /GET .*blobs/,
} as const

/** It is there again after a while, as registries are: Docker itself may try again until then, or the run gives up. */
export const registryFails: Fault = {
  name: 'the registry fails in mid-pull',
  scripts: ['deploy'],
  prepare: forgetFreight,
  play: async scene => {
    const at = scene.random.pick(Object.keys(moments) as (keyof typeof moments)[])
    const how = scene.random.pick(letdowns)
    scene.front.failFrom(moments[at], how)
    scene.when = `${how}, at ${at}`
    const run = scene.start({}, ['--tag', freight])
    while (!run.over() && scene.front.failed === 0) await sleep(20)
    scene.struck = scene.front.failed > 0
    const until = Date.now() + scene.random.between(500, 8000)
    while (!run.over() && Date.now() < until) await sleep(50)
    scene.front.fix()
  },
  heal: async scene => void scene.front.fix(),
}
