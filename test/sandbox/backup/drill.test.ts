import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { differences } from '../../../lib/backup/content.ts'
import { docker, dockerList } from '../docker.ts'
import { containers, directoryOf, liveVersion, script } from '../harness.ts'
import { backup, content, deployed, killAt, listed } from './place.ts'

const staging = suite('the disaster-recovery drill')
const ofDrill = (): Promise<string[]> =>
  dockerList('ps', '--all', '--quiet', '--filter', 'label=com.docker.compose.project=tracehub-staging-drill')
const isGone = async (): Promise<void> => {
  assert.equal(await ofDrill(), [])
  assert.equal(await dockerList('network', 'ls', '--quiet', '--filter', 'name=tracehub-staging-drill'), [])
  assert.not.ok(existsSync(join(directoryOf('staging'), '.drill')))
}

staging.before(async () => {
  await deployed('v1')
  writeFileSync(join(directoryOf('staging'), 'uploads', 'one.pdf'), 'one')
  const { code, stderr } = await backup('--verify')
  if (code !== 0) process.stderr.write(stderr)
})

staging('starts a copy from the newest backup, tests it, times it, records it, removes it', async () => {
  const before = { content: await content(), containers: await containers('staging') }
  const { code, stdout, stderr } = await backup('--drill')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /recovery took +\d/)
  assert.match(stdout, /Restore the uploads +1 file/)
  const line = readFileSync(join(directoryOf('staging'), 'drills.jsonl'), 'utf8').trim()
  const recorded = JSON.parse(line) as { backup: string; recovery: number; tag: string }
  assert.is(recorded.backup, listed()[0]?.name)
  assert.is(recorded.tag, 'v1')
  assert.ok(recorded.recovery > 0)
  assert.equal(differences(before.content, await content()), [])
  assert.equal(await containers('staging'), before.containers, 'what users have was touched')
  assert.is(await liveVersion('staging'), 'v1')
  await isGone()
})

staging('killed: the copy that is left goes with the next drill', async () => {
  assert.ok(await killAt('backup', ['--drill'], ['Smoke tests', 'start']))
  const ids = await ofDrill()
  assert.is(ids.length, 3)
  // It is reached from nowhere, and reaches nothing: neither users nor what production talks to.
  const network = 'tracehub-staging-drill'
  const ofEach =
    '{{json .HostConfig.PortBindings}} {{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}'
  const reached = await docker('inspect', '--format', ofEach, ...ids)
  assert.equal([...new Set(reached.split('\n'))], [`{} ${network}`])
  // It may do no more than what is live.
  const limits =
    '{{.HostConfig.PidsLimit}} {{.HostConfig.Memory}} {{.HostConfig.SecurityOpt}} {{len .HostConfig.CapDrop}}'
  assert.equal((await docker('inspect', '--format', limits, ...ids)).split('\n').sort(), [
    '2048 1073741824 [no-new-privileges] 6',
    '2048 1073741824 [no-new-privileges] 6',
    '4096 4294967296 [no-new-privileges] 1',
  ])
  assert.is(await docker('network', 'inspect', '--format', '{{.Internal}}', network), 'true')
  const { code, stdout, stderr } = await backup('--drill')
  assert.is(code, 0, stdout + stderr)
  await isGone()
})

staging(
  'after new secrets: its backend logs in as the role, and with the password, that the rotation made',
  async () => {
    const { code, stdout, stderr } = await script('secrets', ['rotate', 'DB_PASSWORD', '-e', 'staging'])
    assert.is(code, 0, stdout + stderr)
    const drilled = await backup('--drill')
    assert.is(drilled.code, 0, drilled.stdout + drilled.stderr)
    await isGone()
  },
)

staging.run()
