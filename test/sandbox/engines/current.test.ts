import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../../lib/base/shell.ts'
import { judge } from '../../verdict.ts'
import { say } from '../harness.ts'
import { pack, type Store, startVps, unpack } from './vps.ts'

/** The main path on the Docker Engine of Debian's next release, in both of its image stores, and on Node 24. */

const current = suite("today's engine")

current.before(() => pack(say))
current.after(unpack)

for (const store of ['classic', 'containerd'] satisfies Store[])
  current(`the main path, with images in the ${store} store`, async () => {
    const file = 'test/sandbox/engines/main-path.ts'
    const vps = await startVps(store)
    let output = ''
    try {
      const ran = await attempt([...vps.enter, 'node', '--import', 'tsx', file], {
        onLine: line => {
          output += `${line}\n`
          say(line)
        },
      })
      const verdict = judge(file, ran.code, output)
      assert.ok(verdict.passed >= 8 && verdict.failed === 0, `${verdict.why}\n${ran.stderr}`)
    } finally {
      await vps.remove()
    }
  })

current.run()
