import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { freshEnvironment, runningServices, say, script, url } from '../harness.ts'
import { startLoad, verifyPosts } from '../load/load.ts'
import { removeEnvironment } from '../root.ts'
import { Authority } from './authority.ts'
import { ask, domains, EdgeScene, ports } from './scene.ts'

/** The real application behind the edge. */

const edge = suite('both environments behind the TLS edge')
const names = ['production', 'staging'] as const
let scene: EdgeScene
let ca: Buffer

const deploy = (name: (typeof names)[number], tag: string, env: Record<string, string> = {}) =>
  script('deploy', ['-e', name, '--tag', tag], {
    TRACEHUB_OVERRIDE: join(import.meta.dirname, 'override.ts'),
    SANDBOX_EDGE_CA: scene.ca.file,
    ...env,
  })

const loadOn = (name: (typeof names)[number]) =>
  startLoad({
    backend: `https://${domains[name]}`,
    frontend: `https://${domains[name]}`,
    edge: { port: ports.https, ca: scene.ca.file },
    rate: 40,
    maxSeconds: 600,
  })

edge.before(async () => {
  scene = await EdgeScene.fresh()
  ca = readFileSync(scene.ca.file)
  for (const name of names) {
    await scene.issue(name, name === 'production' ? 90 : 20)
    await freshEnvironment(name)
  }
  const { code, stderr } = await scene.deploy()
  assert.is(code, 0, stderr)
})

edge(
  'the first deploy: the external checks go through the edge, to the certificate of the right name',
  async () => {
    const production = await deploy('production', 'v2')
    const staging = await deploy('staging', 'v2')
    assert.is(production.code, 0, production.stderr)
    assert.is(staging.code, 0, staging.stderr)
    for (const { stdout } of [production, staging])
      assert.match(stdout, /External health checks +2 of 2 answer/)
    assert.not.match(production.stdout, /expires in/)
    assert.match(staging.stdout, `the certificate of ${domains.staging} expires in 19 days`)
    for (const name of names) {
      const { headers, body } = await ask(domains[name], ca, { path: '/api/version' })
      assert.equal([headers['x-version'], JSON.parse(body).version], ['v2', 'v2'])
    }
  },
)

edge('both are deployed under load at once, and the edge is updated meanwhile: nothing is lost', async () => {
  const loads = await Promise.all(names.map(loadOn))
  const [production, staging, update] = await Promise.all([
    deploy('production', 'v3'),
    deploy('staging', 'v3'),
    scene.deploy({ TRACEHUB_EDGE_RULES: 'http-response set-header X-Edge updated' }),
  ])
  const reports = await Promise.all(loads.map(load => load.stop()))
  for (const { code, stderr } of [production, staging, update]) assert.is(code, 0, stderr)
  for (const [i, name] of names.entries()) {
    const report = reports[i]
    assert.ok(report)
    say(`${name}: ${report.totals.sent} requests, ${report.totals.failed} failed`)
    const lost = report.failures.map(({ kind, reason, count, examples }) => ({
      kind,
      reason,
      count,
      first: examples[0],
    }))
    assert.equal(lost, [])
    assert.ok(report.totals.sent > 200, 'the load was no load')
    assert.equal(await verifyPosts(report, url(name)), { lost: [], doubled: [], unexpected: [] })
    const { headers } = await ask(domains[name], ca, { path: '/api/version' })
    assert.equal([headers['x-version'], headers['x-edge']], ['v3', 'updated'])
  }
})

edge('the private entrances of a colour cannot be reached from outside', async () => {
  const live = (await runningServices('production')).includes('backend-blue') ? 'blue' : 'green'
  for (const path of [`/preview/${live}`, `/../run/backend-${live}.sock`, '/haproxy?stats', '/;csv'])
    assert.not.match((await ask(domains.production, ca, { path })).body, /# pxname|Statistics Report/)
  for (const host of [`backend-${live}`, `preview-backend-${live}`, `tracehub-backend-${live}-prod`])
    assert.is((await ask(domains.production, ca, { headers: { host } })).status, 421, host)
})

edge('a certificate of a stranger is said at the external check, and fails no version for it', async () => {
  mkdirSync(scene.path('stranger'))
  const stranger = await Authority.in(scene.path('stranger'))
  const { code, stdout } = await deploy('staging', 'v2', { SANDBOX_EDGE_CA: stranger.file })
  assert.is(code, 0)
  assert.match(stdout, `https://${domains.staging}/health the certificate is signed by nobody we trust`)
})

edge.after(async () => {
  await removeEnvironment('shared')
})

edge.run()
