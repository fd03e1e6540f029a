import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertIdle } from '../../../lib/deploy/colours.ts'
import type { Colour } from '../../../lib/environment/environment.ts'
import { HAProxy } from '../../../lib/proxy/proxy.ts'
import { environmentIn, failureOf } from '../fixtures.ts'

/** A proxy of which this is known. */
class Known extends HAProxy {
  readonly #served: Colour | null | undefined
  readonly #onDisk: Colour | null

  constructor(served: Colour | null | undefined, onDisk: Colour | null) {
    super(environmentIn('/nowhere'))
    this.#served = served
    this.#onDisk = onDisk
  }
  override async live(): Promise<Colour | null | undefined> {
    return this.#served
  }
  override mapOnDisk(): Colour | null {
    return this.#onDisk
  }
}

const taking = suite('candidate: a colour is taken away only when users are not on it')

taking('they are on the other one', () => assertIdle({ proxy: new Known('blue', 'blue') }, 'green'))
taking('nobody is anywhere', () => assertIdle({ proxy: new Known(null, null) }, 'green'))
taking('the proxy is down and will come up with the other one', () =>
  assertIdle({ proxy: new Known(undefined, 'blue') }, 'green'),
)
const byMap = /^green stays as it is: proxy\/live\.map still says green, so a restart of the proxy would/
for (const [what, proxy, word] of [
  [
    'they are on it: going back has failed',
    new Known('green', 'blue'),
    /^green stays as it is: users are on it$/,
  ],
  ['a proxy that is started anew would lead to it', new Known('blue', 'green'), byMap],
  ['the proxy is down and would come up with it', new Known(undefined, 'green'), byMap],
] as const)
  taking(what, async () => {
    const { what: said } = await failureOf(() => assertIdle({ proxy }, 'green'))
    assert.match(said, word)
  })

taking.run()
