import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { directoryOf, runIds } from '../../harness.ts'
import type { Fault } from '../fault.ts'
import type { Random } from '../random.ts'

/** Of the toolkit's own files: what each is called, and what a version of the future might write into it. */
const files = {
  "compose's state": {
    path: () => '.env',
    future: (text: string) => `FORMAT=99\n${text.replaceAll('IMAGE=', 'PICTURE=')}`,
  },
  'the release history': {
    path: () => 'releases.jsonl',
    future: (text: string) => `${text}{"format":99,"at":4102444800000,"release":"r-9000","colour":"teal"}\n`,
  },
  'the newest run log': {
    path: () => join('logs', 'runs', runIds('production').at(-1) ?? ''),
    future: (text: string) =>
      `{"at":4102444800000,"format":99,"type":"run-begun"}\n${text}{"at":4102444800000,"type":"fact","fact":{"kind":"quantum"}}\n`,
  },
  "the proxy's map": { path: () => join('proxy', 'live.map'), future: () => 'format 99\nlive teal\n' },
  'the lock': { path: () => '.lock', future: () => '{"format":99,"since":"2100-01-01"}' },
} as const

const damages = ['empty', 'truncated', 'binary', 'from the future'] as const

function damage(random: Random): string {
  const name = random.pick(Object.keys(files) as (keyof typeof files)[])
  const how = random.pick(damages)
  const file = join(directoryOf('production'), files[name].path())
  if (!existsSync(file)) return `${name}: not there yet`
  const text = readFileSync(file, 'utf8')
  const cut = text.slice(0, Math.floor(text.length * random.next()))
  const contents = {
    empty: '',
    truncated: cut,
    binary: randomBytes(random.between(1, 3000)),
    'from the future': files[name].future(text),
  }
  writeFileSync(file, contents[how])
  return `${name} ${how}`
}

export const corrupted: Fault = {
  name: 'a file of the toolkit is damaged',
  play: async scene => {
    scene.struck = true
    if (scene.random.chance(0.6)) {
      const what = damage(scene.random)
      scene.when = `${what}, before the start`
      scene.start()
    } else {
      const run = scene.start()
      await scene.moment(run)
      const what = damage(scene.random)
      scene.when = `${what}, ${scene.when}`
    }
    await scene.over()
  },
}
