import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deploy, freshEnvironment, lastEvents, rollback, say, script, url } from '../harness.ts'
import { type Report, startLoad, verifyPosts } from '../load/load.ts'
import { KINDS, type Kind } from '../load/settings.ts'
import type { EnvironmentName } from '../root.ts'

/** Promise 1: no request is lost by a deploy or a rollback, and none in the other environment. */

const campaign = suite('no request is lost under 500 requests a second')
/** So many deploys, rollbacks and deploys of the other environment; `make campaign` does 20. */
const rounds = Number(process.env['ROUNDS'] ?? 3)
const brief: readonly Kind[] = ['keepalive', 'new', 'post', 'slow', 'upload']

/** Everything; or without what keeps every drain waiting for its cap, where there are many. */
const loadOn = (name: EnvironmentName, rate: number, kinds: readonly Kind[] = KINDS) =>
  startLoad({ backend: url(name), frontend: url(name, 'frontend'), rate, maxSeconds: 3000, kinds })

async function nothingLost(name: EnvironmentName, report: Report): Promise<void> {
  say(
    `${name}: ${report.totals.sent} requests at ${Math.round(report.rate.reached)}/s, ${report.totals.failed} failed, ` +
      `longest gap ${Math.round(report.longestGapMs)} ms`,
  )
  assert.equal(report.failures, [])
  assert.ok(report.rate.reached > report.rate.wanted / 2, 'the load was no load')
  assert.equal(await verifyPosts(report, url(name)), { lost: [], doubled: [], unexpected: [] })
}

campaign.before(async () => {
  for (const name of ['production', 'staging'] as const) {
    await freshEnvironment(name)
    const { code, stderr } = await deploy(name, 'v2')
    assert.is(code, 0, stderr)
  }
})

campaign('the old version answers only before the switch, the new one only after', async () => {
  const load = await loadOn('production', 520)
  const { code, stderr } = await deploy('production', 'v3')
  const report = await load.stop()
  assert.is(code, 0, stderr)
  const at = switchInstant()
  for (const service of ['backend', 'frontend'] as const) {
    const { v2, v3 } = report.versions[service]
    assert.ok(v2 && v3, `${service}: both versions answered`)
    assert.ok(
      v2.lastStarted <= at.ends,
      `${service}: v2 answered a request begun ${v2.lastStarted - at.ends} ms after the switch`,
    )
    assert.ok(
      v3.firstEnded >= at.begins, // one that was on its way to the proxy when it switched began earlier
      `${service}: v3 answered ${at.begins - v3.firstEnded} ms before the switch`,
    )
    assert.equal(Object.keys(report.versions[service]).sort(), ['v2', 'v3'])
  }
  await nothingLost('production', report)
})

function switchInstant(): { begins: number; ends: number } {
  const events = lastEvents('production')
  const instant = (type: 'step-started' | 'step-finished'): number =>
    events.find(event => event.type === type && event.title.startsWith('Switch traffic to'))?.at ?? Number.NaN
  return { begins: instant('step-started'), ends: instant('step-finished') }
}

campaign(
  `${rounds} production deploys and ${rounds} rollbacks, with staging deploys beside them`,
  async () => {
    const [production, staging] = [await loadOn('production', 520, brief), await loadOn('staging', 50, brief)]
    for (let round = 1; round <= rounds; round += 1) {
      const beside = deploy('staging', round % 2 === 0 ? 'v2' : 'v3')
      const forth = await deploy('production', 'v2')
      assert.is(forth.code, 0, forth.stdout + forth.stderr)
      assert.match(forth.stdout, /, 0 failed\n$/)
      const back = await rollback('production')
      assert.is(back.code, 0, back.stdout + back.stderr)
      const other = await beside
      assert.is(other.code, 0, other.stdout + other.stderr)
      const { totals, failures } = await production.report()
      const took = [forth, back, other].map(({ seconds }) => `${seconds.toFixed(0)} s`)
      say(
        `round ${round}: deploy, rollback, staging took ${took.join(', ')}; ${totals.failed} of ${totals.sent} failed`,
      )
      assert.equal(failures, [])
    }
    await nothingLost('production', await production.stop())
    await nothingLost('staging', await staging.stop())
    const { stdout } = await script('rollback', ['-e', 'production', '--list'])
    assert.match(stdout, /\* live +2 +v3/)
  },
)

campaign.run()
