import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { provedProblems, verified } from '../../../lib/deploy/preflight/preflight.ts'
import { type Release, recordRelease } from '../../../lib/environment/releases.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import { Run } from '../../../lib/run/run.ts'
import { EventStream } from '../../../lib/run/run-log.ts'
import { environmentIn, images, inTemporary, release, withVariables } from '../fixtures.ts'

const history = suite('verified: what another history says of these images')

const line = (number: number, of: number, kind: Release['kind'] = 'deploy'): Release =>
  release(number, { images: images(of), kind })

const cases: [what: string, releases: Release[], verdict: ReturnType<typeof verified>][] = [
  ['an empty one', [], 'never live'],
  ['others alone', [line(1, 1), line(2, 3)], 'never live'],
  ['live now', [line(1, 1), line(2, 2)], 'verified'],
  ['live before', [line(1, 2), line(2, 3)], 'verified'],
  ['rolled back from', [line(1, 1), line(2, 2), line(1, 1, 'rollback')], 'rolled back'],
  ['rolled back from and deployed again', [line(2, 2), line(1, 1, 'rollback'), line(2, 2)], 'verified'],
  ['rolled back to', [line(1, 2), line(2, 3), line(1, 2, 'rollback')], 'verified'],
]
for (const [what, releases, verdict] of cases)
  history(`${what}: ${verdict}`, () => assert.is(verified(releases, images(2)), verdict))

history('half of them is not the same', () =>
  assert.is(
    verified([release(1, { images: { ...images(2), frontend: images(1).frontend } })], images(2)),
    'never live',
  ),
)

history.run()

const asked = suite('verified: what a deploy does about it')

/** Asks as production does, where staging has `live`. @returns the problems and the warnings. */
const ask = (live: number | undefined, otherwise: 'warn' | 'demand' | undefined) =>
  inTemporary(async directory => {
    const override = join(directory, 'override.mjs')
    writeFileSync(
      override,
      `export default environment => ({ ...environment, directory: ${JSON.stringify(directory)} })`,
    )
    mkdirSync(join(directory, 'logs'))
    if (live) recordRelease(environmentIn(directory, { name: 'staging' }), line(1, live))
    const warnings: string[] = []
    const stream = new EventStream()
    stream.listen(event => event.type === 'warning' && warnings.push(event.problem.what))
    const provedOn = otherwise && { provedOn: { environment: 'staging', otherwise } }
    const site = { environment: environmentIn(directory, provedOn), run: new Run(stream) } as unknown as Site // all that it looks at
    const problems = await withVariables({ TRACEHUB_OVERRIDE: override }, () =>
      provedProblems(site, images(2)),
    )
    return { problems: problems.map(({ what }) => what), warnings }
  })

const firstTime = /^these images \(.{12}, .{12}\) were never live on staging: production is their first time$/

asked('verified: nothing is said', async () =>
  assert.equal(await ask(2, 'demand'), { problems: [], warnings: [] }),
)
asked('not verified: a warning by default', async () => {
  const { problems, warnings } = await ask(1, 'warn')
  assert.equal(problems, [])
  assert.match(`${warnings}`, firstTime)
})
asked('not verified where it is demanded: a problem', async () => {
  const { problems, warnings } = await ask(undefined, 'demand')
  assert.match(`${problems}`, firstTime)
  assert.equal(warnings, [])
})
asked('an environment that does not ask is not told', async () =>
  assert.equal(await ask(undefined, undefined), { problems: [], warnings: [] }),
)

asked.run()
