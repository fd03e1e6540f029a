import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../../../../lib/base/shell.ts'
import { directoryOf } from '../../harness.ts'
import type { Fault } from '../fault.ts'

const filler = (): string => join(directoryOf('production'), 'logs', 'filler.log')

/** The environment's directory is a small file system of its own: its database and the images are elsewhere. */
export const disk: Fault = {
  name: 'disk full',
  play: async scene => {
    const fill = () => attempt(['dd', 'if=/dev/zero', `of=${filler()}`, 'bs=4k'])
    if (scene.random.chance(0.2)) {
      scene.when = 'before the start'
      scene.struck = true
      await fill()
      scene.start()
    } else {
      const run = scene.start()
      if (await scene.moment(run)) await fill()
    }
    await scene.over()
  },
  heal: async () => rmSync(filler(), { force: true }),
}
