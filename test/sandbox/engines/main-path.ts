import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loggedIn, registry } from '../build-images.ts'
import { docker, dockerList } from '../docker.ts'
import { ensureEngine } from '../engine.ts'
import { deploy, freshEnvironment, liveVersion, rollback, say, script, url } from '../harness.ts'
import { startLoad, verifyPosts } from '../load/load.ts'
import { print } from '../progress.ts'
import { registryVolume } from '../registry.ts'
import { sandboxUp } from '../sandbox.ts'
import { givenThere, type Store } from './vps.ts'

/** What a team does in its first week, on the machine that this runs on: see vps.ts. */

const path = suite('the main path')
const store = process.env['STORE'] as Store
const backend = `${registry.host}/tracehub/tracehub-backend`

path.before(async () => {
  const snapshotter = { features: { 'containerd-snapshotter': store === 'containerd' } }
  mkdirSync('/etc/docker', { recursive: true })
  writeFileSync('/etc/docker/daemon.json', JSON.stringify(snapshotter))
  await ensureEngine(print)
  await docker('load', '--input', join(givenThere, 'images.tar'))
  await docker('volume', 'create', registryVolume)
  const data = await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', registryVolume)
  cpSync(join(givenThere, 'registry'), data, { recursive: true })
  await sandboxUp()
  await freshEnvironment('production')
})

path('the engine, its store and Node are those that are meant', async () => {
  const [engine = '', driver = ''] = (
    await docker('info', '--format', '{{.ServerVersion}} {{.DriverStatus}}')
  ).split(' ', 2)
  say(`Docker Engine ${engine}, ${driver}, Node ${process.version}`)
  assert.ok(Number.parseInt(engine, 10) >= 28, engine)
  const status = await docker('info', '--format', '{{json .DriverStatus}}')
  assert.is(status.includes('io.containerd.snapshotter'), store === 'containerd', status)
  assert.match(process.version, /^v24\./)
})

path('a deploy, a migration and a rollback under load: no request is lost', async () => {
  const first = await deploy('production', 'v1')
  assert.is(first.code, 0, first.stdout + first.stderr)
  const load = await startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 60,
    kinds: ['keepalive', 'new', 'post', 'slow'],
  })
  const second = await deploy('production', 'v2')
  const failing = await deploy('production', 'migration-fails', '--accept-migrations')
  const third = await deploy('production', 'v3')
  const back = await rollback('production')
  const report = await load.stop()
  assert.is(second.code, 0, second.stdout + second.stderr)
  assert.is(failing.code, 4, failing.stdout + failing.stderr)
  assert.is(third.code, 0, third.stdout + third.stderr)
  assert.is(back.code, 0, back.stdout + back.stderr)
  assert.is(await liveVersion('production'), 'v2')
  assert.equal(report.failures, [])
  assert.equal(await verifyPosts(report, url('production')), { lost: [], doubled: [], unexpected: [] })
})

path('the end of a deploy complains of nothing', async () => {
  const { code, stdout, stderr } = await deploy('production', 'v3')
  assert.is(code, 0, stdout + stderr)
  assert.not.match(stdout + stderr, /No such image|stays: /)
})

path('a backup, verified, and a rollback of the database to it', async () => {
  const backup = await script('backup', ['-e', 'production', '--verify'])
  assert.is(backup.code, 0, backup.stdout + backup.stderr)
  const back = await script('rollback', ['-e', 'production', '-t', 'database'])
  assert.is(back.code, 0, back.stdout + back.stderr)
})

path('status finds all well, and repair nothing to do', async () => {
  const { code, stdout } = await script('status', ['-e', 'production'])
  assert.is(code, 0, stdout)
  const repair = await script('repair', ['-e', 'production'])
  assert.is(repair.code, 0, repair.stdout + repair.stderr)
})

path(
  'images that were pulled by digest are seen by cleanup, once each, and go without a warning',
  async () => {
    const repository = `${backend}@${await digestOf('slow-boot')}`
    await loggedIn(async config => void (await docker('--config', config, 'pull', '--quiet', repository)))
    const plan = await script('cleanup', ['-e', 'production', '--dry-run'])
    assert.is(plan.code, 0, plan.stderr)
    const listed = plan.stdout.split('\n').filter(line => line.includes(shortOf(repository)))
    assert.is(listed.length, 1, plan.stdout)
    const { code, stdout, stderr } = await script('cleanup', ['-e', 'production'])
    assert.is(code, 0, stdout + stderr)
    assert.not.match(stdout + stderr, /No such image/)
    assert.not.match(await docker('images', '--all', '--digests'), new RegExp(shortOf(repository)))
  },
)

path('unchanged sources make the same image again', async () => {
  await freshEnvironment('staging')
  const built = async (): Promise<string[]> => {
    const { code, stdout, stderr } = await script('deploy', ['-e', 'staging', '--build'])
    assert.is(code, 0, stdout + stderr)
    return dockerList('ps', '--filter', 'name=tracehub-backend-.*-staging', '--format', '{{.Image}}')
  }
  assert.equal(await built(), await built())
})

path('secrets are rotated', async () => {
  const { code, stdout, stderr } = await script('secrets', ['rotate', '-e', 'production'])
  assert.is(code, 0, stdout + stderr)
  assert.is((await script('status', ['-e', 'production'])).code, 0)
})

/** What the registry calls a version's backend. */
async function digestOf(tag: string): Promise<string> {
  const answer = await fetch(`http://${registry.host}/v2/tracehub/tracehub-backend/manifests/${tag}`, {
    method: 'HEAD',
    headers: {
      accept: 'application/vnd.docker.distribution.manifest.v2+json',
      authorization: `Basic ${btoa(`${registry.user}:${registry.password}`)}`,
    },
  })
  return answer.headers.get('docker-content-digest') ?? ''
}
const shortOf = (reference: string): string => reference.replace(/.*@sha256:/, '').slice(0, 12)

path.run()
