import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { onMachine } from './scripts.ts'

const entering = suite('scripts/enter: what is refused')
entering('an environment that is elsewhere, and a backend where nothing is live', () =>
  onMachine(async ({ run, directory }) => {
    const elsewhere = await run('enter', ['psql', '-e', 'production'])
    assert.is(elsewhere.code, 2)
    assert.match(
      elsewhere.stderr,
      /the directory of production, is not on this machine[\s\S]*→ say where it is: --host user@host, or PRODUCTION_HOST/,
    )
    mkdirSync(join(directory, 'production'))
    const nothing = await run('enter', ['shell', '-e', 'production'])
    assert.is(nothing.code, 1)
    assert.match(nothing.stderr, /nothing is live in production|neither `docker compose` nor/)
  }),
)

entering.run()
