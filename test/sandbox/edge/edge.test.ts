import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { run } from '../../../lib/base/shell.ts'
import { composeV1 } from '../compose-binaries.ts'
import { docker } from '../docker.ts'
import { killEngine } from '../engine.ts'
import { lastEvents, runIds, say, script } from '../harness.ts'
import { onLoopback } from '../load/settings.ts'
import { startRegistry } from '../registry.ts'
import { removeEnvironment } from '../root.ts'
import { startRelay } from '../ssh/relay.ts'
import { haveDependencies, runnerVariables } from '../ssh/runner.ts'
import { ensureSshd } from '../ssh/sshd.ts'
import { type Arrived, EchoApp, valuesOf } from './echo-app.ts'
import { EdgeLoad } from './load.ts'
import { ask, askByHttp2, domains, EdgeScene, ports, pushNextImage, refusal } from './scene.ts'

/** The edge in front of two environments that say what reaches them. */

const edge = suite('the TLS edge')
const { production, staging } = domains
const apps = { production: new EchoApp([8000, 3000]), staging: new EchoApp([8100, 3100]) }
let scene: EdgeScene
let ca: Buffer

const arrivedAt = async (...asked: Parameters<typeof ask>): Promise<Arrived> => {
  const { status, body } = await ask(...asked)
  assert.is(status, 200, body)
  return JSON.parse(body) as Arrived
}
/** Puts a load on the edge while something happens to it: every request must be answered. */
async function underLoad(what: string, act: () => Promise<void>): Promise<void> {
  const load = new EdgeLoad([production, staging], scene.ca.file)
  await sleep(500)
  try {
    await act()
    await sleep(1000)
  } finally {
    await load.stop()
  }
  say(
    `${what}: ${load.sent} requests, ${load.failures.length} failed, ${load.repeated} HTTP/2 streams repeated`,
  )
  assert.equal(load.failures, [])
  assert.ok(load.sent > 200, 'the load was no load')
}

edge.before(async () => {
  for (const name of ['production', 'staging'] as const) await removeEnvironment(name) // their ports are ours here
  scene = await EdgeScene.fresh()
  ca = readFileSync(scene.ca.file)
  for (const app of Object.values(apps)) await app.up()
})

edge('--dry-run says what would be done, and starts nothing', async () => {
  const { code, stdout } = await scene.deploy({}, '--dry-run')
  assert.is(code, 0)
  assert.match(stdout, /live now +nothing/)
  assert.match(
    stdout,
    /there is no certificate for tracehub\.vibotaj\.com in .+\/ssl: https is refused for it/,
  )
  assert.equal(await scene.containers(), [])
})

edge('it starts before there is any certificate, so that the first one can be had', async () => {
  const { code, stdout, stderr } = await scene.deploy()
  assert.is(code, 0, stderr)
  assert.match(
    stdout,
    /certbot certonly --webroot -w \S+\/acme --config-dir \S+\/ssl -d tracehub\.vibotaj\.com/,
  )
  const challenges = scene.path('acme', '.well-known', 'acme-challenge')
  writeFileSync(`${challenges}/t0ken_-x`, 't0ken_-x.thumbprint')
  writeFileSync(scene.path('acme', 'secret'), 'not to be had')
  const answer = await ask('whoever.example', undefined, { path: '/.well-known/acme-challenge/t0ken_-x' })
  assert.equal([answer.status, answer.body], [200, 't0ken_-x.thumbprint'])
  for (const path of ['', 'none', '../../secret', '..%2f..%2fsecret', 't0ken_-x/', '.', 'a.b', 't0ken_-x%00'])
    assert.is(
      (await ask(production, undefined, { path: `/.well-known/acme-challenge/${path}` })).status,
      404,
      path,
    )
  assert.match(await refusal(production, ca), 'unrecognized name')
})

edge('certificates arrive in the running process', async () => {
  await scene.issue('production', 90)
  await scene.issue('staging', 90)
  const before = await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'tracehub-edge-blue')
  const { code, stdout, stderr } = await scene.deploy()
  assert.is(code, 0, stderr)
  assert.match(stdout, `✓ Renew certificates  ${production}, ${staging}`)
  assert.is(await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'tracehub-edge-blue'), before)
  assert.is((await arrivedAt(production, ca)).port, 3000)
  assert.is((await arrivedAt(staging, ca)).port, 3100)
  assert.is((await arrivedAt(production, ca, { path: '/api/shipments?limit=1' })).port, 8000)
  assert.is((await arrivedAt(staging, ca, { path: '/api/shipments?limit=1' })).port, 8100)
  const again = await scene.deploy()
  assert.match(again.stdout, /– Renew certificates +it has them/)
})

edge('a certificate and its key are readable for their owner alone, and so are the sockets', () => {
  for (const [file, mode] of [
    [`edge/certificates/${production}.pem`, 0o600],
    ['edge/certificates', 0o700],
    ['edge/run', 0o700],
    ['edge/run/blue.sock', 0o600],
    ['.env', 0o600],
  ] as const)
    assert.is(statSync(scene.path(file)).mode & 0o777, mode, file)
})

edge('HTTP/2 is spoken, and TLS 1.1 is not', async () => {
  const { status, body } = await askByHttp2(production, ca, '/api/x?y=1')
  assert.equal([status, (JSON.parse(body) as Arrived).url], [200, '/api/x?y=1'])
  assert.match(await refusal(production, ca, { maxVersion: 'TLSv1.1' }), /alert protocol version/)
  assert.is((await ask(production, ca, { maxVersion: 'TLSv1.2' })).status, 200)
})

edge('browsers are told to stay with TLS, and http leads there', async () => {
  assert.is((await ask(production, ca)).headers['strict-transport-security'], 'max-age=31536000')
  const { status, headers } = await ask(staging, undefined, { path: '/a/b?c=%20d&e=1' })
  assert.equal([status, headers.location], [308, `https://${staging}:${ports.https}/a/b?c=%20d&e=1`])
  const odd = { path: 'http://evil.example/x', headers: { host: production } }
  assert.is((await ask(production, undefined, odd)).status, 400)
})

edge('a name that is not ours is refused, in the handshake, in the request and by http', async () => {
  assert.match(await refusal('vibotaj.com', ca), 'unrecognized name')
  assert.match(await refusal(production, ca, { servername: '' }), 'unrecognized name')
  for (const host of ['vibotaj.com', staging, '127.0.0.1'])
    assert.is((await ask(production, ca, { headers: { host } })).status, 421, host)
  assert.is((await ask('vibotaj.com', undefined)).status, 421)
  assert.is(
    (await arrivedAt(production, ca, { headers: { host: `${production.toUpperCase()}:443` } })).port,
    3000,
  )
})

edge('what says who the client is comes from the edge alone', async () => {
  const forged = '203.0.113.66'
  const arrived = await arrivedAt(production, ca, {
    path: '/api/x',
    headers: {
      'X-Forwarded-For': forged,
      X_Forwarded_For: forged,
      'x-forwarded_for': forged,
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Port': '1',
      'X-Forwarded-Prefix': '/evil',
      Forwarded: `for=${forged}`,
      'X-Real-IP': forged,
      'True-Client-IP': forged,
      'CF-Connecting-IP': forged,
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
      Proxy: 'http://evil.example',
      Connection: 'close, X-Forwarded-For',
      'X-Request-Id': 'kept',
    },
  })
  assert.equal(valuesOf(arrived, 'x-forwarded-for'), ['127.0.0.1'])
  assert.equal(valuesOf(arrived, 'x-real-ip'), ['127.0.0.1'])
  assert.equal(valuesOf(arrived, 'x-forwarded-proto'), ['https'])
  assert.equal(valuesOf(arrived, 'x-forwarded-host'), [production])
  assert.equal(valuesOf(arrived, 'x-forwarded-port'), [String(ports.https)])
  assert.equal(valuesOf(arrived, 'x-request-id'), ['kept'])
  assert.not.match(arrived.headers.join('\n'), /203\.0\.113\.66|evil|admin|_/)
})

edge('50 MB go up, and a websocket stays open', async () => {
  const bytes = 50 * 1024 * 1024
  assert.is((await arrivedAt(staging, ca, { method: 'POST', body: Buffer.alloc(bytes) })).bytes, bytes)
  const options = { ca, lookup: onLoopback }
  const socket = new WebSocket(`wss://${staging}:${ports.https}/api/ws`, options)
  const echo = await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => socket.send('hello'))
    socket.on('message', data => resolve(String(data)))
  })
  assert.is(echo, 'hello')
  socket.close()
})

edge('one environment down is a friendly page, and does not touch the other', async () => {
  apps.staging.down()
  const [away, other] = await Promise.all([ask(staging, ca), arrivedAt(production, ca)])
  assert.equal([away.status, away.headers['retry-after'], other.port], [503, '10', 3000])
  assert.match(away.body, 'TraceHub is away for a moment')
  const { code, stdout } = await scene.deploy()
  assert.is(code, 0)
  assert.match(stdout, `${staging} is down: users see the page that says so`)
  await apps.staging.up()
  assert.is((await arrivedAt(staging, ca)).port, 3100)
})

edge(
  'in maintenance users see a page that says so, also after the next update, and the other environment serves',
  async () => {
    const { code, stderr } = await script('maintenance', ['-e', 'staging', '--on'])
    assert.is(code, 0, stderr)
    assert.match((await scene.deploy({}, '--force')).stdout, /✓ deploy shared done/)
    const [away, other] = await Promise.all([ask(staging, ca), arrivedAt(production, ca)])
    assert.equal([away.status, away.headers['retry-after'], other.port], [503, '120', 3000])
    assert.match(away.body, 'TraceHub is being maintained')
    assert.is((await script('maintenance', ['-e', 'staging', '--off'])).code, 0)
    assert.is((await arrivedAt(staging, ca)).port, 3100)
  },
)

edge('the same commands work from elsewhere, over SSH', async () => {
  await ensureSshd(say)
  const variables = await elsewhere('shared', 'staging')
  for (const name of ['shared', 'staging'] as const) haveDependencies(name)
  const updated = await scene.deploy(variables)
  assert.is(updated.code, 0, updated.stdout + updated.stderr)
  assert.match(
    updated.stdout,
    /✓ Setup SSH connection[\s\S]+✓ Copy deployment files[\s\S]+✓ deploy shared done/,
  )
  const on = await script('maintenance', ['-e', 'staging', '--on'], variables)
  assert.is(on.code, 0, on.stdout + on.stderr)
  assert.match((await ask(staging, ca)).body, 'TraceHub is being maintained')
  const off = await script('maintenance', ['-e', 'staging', '--off'], variables)
  assert.is(off.code, 0, off.stdout + off.stderr)
  assert.is((await arrivedAt(staging, ca)).port, 3100)
  const seen = await scene.deploy(variables, '--attach')
  assert.is(seen.code, 0, seen.stdout + seen.stderr)
  assert.match(seen.stdout, /✓ Maintenance of staging: off/)
})

edge(
  'the connection is cut while it is updated over SSH: the run goes on, and the client tells its result',
  async () => {
    const relay = await startRelay()
    const variables = await elsewhere('shared')
    variables['SHARED_HOST'] = `127.0.0.1:${relay.port}`
    try {
      for (const [rule, code, says] of [
        ['http-request deny deny_status 500', 4, /✗ deploy shared failed and was rolled back/],
        ['http-response set-header X-Edge cut', 0, /✓ deploy shared done/],
      ] as const) {
        const [before] = runIds('shared').slice(-1)
        const update = scene.start({ ...variables, TRACEHUB_EDGE_RULES: rule }, '--force')
        const isAt = (step: number): boolean =>
          runIds('shared').at(-1) !== before && startedSteps().length > step
        for (const step of [2, 4, 6]) {
          for (let tries = 0; !isAt(step); tries += 1) {
            assert.ok(tries < 6000, `it does not come to step ${step}`)
            await sleep(10)
          }
          relay.cut(step === 4 ? 1000 : 0)
        }
        const ended = await update.done
        assert.is(ended.code, code, ended.stdout + ended.stderr)
        assert.match(ended.stdout, /is lost; the run goes on there; connecting again/)
        assert.match(ended.stdout + ended.stderr, says)
        const shown = [...ended.stdout.matchAll(/^ {2}[✓–✗] (.*?)(?: {2}.*)?$/gm)].map(
          match => match[1] ?? '',
        )
        assert.equal(
          shown.sort(),
          ['Copy deployment files', 'Setup SSH connection', ...startedSteps()].sort(),
        )
      }
    } finally {
      relay.close()
    }
    assert.is((await ask(production, ca)).headers['x-edge'], 'cut')
    assert.is((await scene.deploy()).code, 0, 'its usual settings, again')
  },
)

const startedSteps = (): string[] =>
  lastEvents('shared').flatMap(event => (event.type === 'step-started' ? [event.title] : []))

/** What a client is given that reaches these environments over SSH alone. */
async function elsewhere(...environments: readonly string[]): Promise<Record<string, string>> {
  const variables = Object.entries(await runnerVariables())
  return Object.fromEntries(
    environments.flatMap(environment =>
      variables.map(([name, value]) => [name.replace('PRODUCTION', environment.toUpperCase()), value]),
    ),
  )
}

edge('renewed certificates are picked up under load', () =>
  underLoad('renewal', async () => {
    for (const name of ['production', 'staging'] as const) await scene.issue(name, 80)
    const { code, stdout, stderr } = await scene.deploy()
    assert.is(code, 0, stderr)
    assert.match(stdout, `✓ Renew certificates  ${production}, ${staging}`)
  }),
)

edge('other settings are a new process that takes over under load, and so is another image', async () => {
  await pushNextImage(scene)
  await underLoad('three new processes', async () => {
    const rules = { TRACEHUB_EDGE_RULES: 'http-response set-header X-Edge new' }
    const changed = await scene.deploy(rules)
    assert.is(changed.code, 0, changed.stderr)
    assert.match(changed.stdout, /Start blue, which takes the sockets over from green/)
    // Each on a connection of its own: none is taken by the process before any more.
    for (let tries = 0; tries < 20; tries += 1)
      assert.is((await ask(production, ca)).headers['x-edge'], 'new')
    assert.match((await scene.deploy(rules)).stdout, /– Renew certificates/)
    const back = await scene.deploy({ ...rules, SANDBOX_EDGE_TAG: '3.0-next' })
    assert.is(back.code, 0, back.stderr)
    assert.match(back.stdout, /edge +green, 127\.0\.0\.1:5050\/library\/haproxy:3\.0-next/)
  })
})

edge('settings that are invalid or wrong are rolled back, and nobody notices', () =>
  underLoad('invalid and wrong settings', async () => {
    const before = readFileSync(scene.path('.env'), 'utf8')
    const running = await scene.containers()
    for (const [rule, step, why] of [
      ['http-request nonsense', 'Check the configuration', /unknown|expects|nonsense/],
      ['http-request deny deny_status 500', 'Try it where nobody can reach it', /answers 500/],
    ] as const) {
      const { code, stdout, stderr } = await scene.deploy({ TRACEHUB_EDGE_RULES: rule })
      assert.is(code, 4, stdout + stderr)
      assert.match(stdout, `✗ ${step}`)
      assert.match(stderr, why)
      assert.is(readFileSync(scene.path('.env'), 'utf8'), before)
      assert.equal(await scene.containers(), running)
    }
  }),
)

edge('killed while the new process takes over, nobody notices, and the next run completes it', () =>
  underLoad('killed', async () => {
    const running = scene.start({ TRACEHUB_EDGE_RULES: 'http-response set-header X-Edge killed' })
    for (let tries = 0; (await scene.containers()).length < 2; tries += 1) {
      assert.ok(tries < 1200, 'no second process was started')
      await sleep(50)
    }
    running.kill('SIGKILL')
    await running.done
    const { code, stderr } = await scene.deploy({
      TRACEHUB_EDGE_RULES: 'http-response set-header X-Edge after',
    })
    assert.is(code, 0, stderr)
    assert.is((await ask(production, ca)).headers['x-edge'], 'after')
  }),
)

edge('a container that a killed check has left does not stand in the way of the next run', async () => {
  await docker('create', '--name', 'tracehub-shared-rehearsal', 'tracehub-sandbox/haproxy')
  const { code, stderr } = await scene.deploy({}, '--force')
  assert.is(code, 0, stderr)
})

edge(
  'an expired certificate is said, and does not replace a good one; a renewed one that is broken neither',
  async () => {
    await scene.issue('production', -1)
    rmSync(scene.path('ssl', 'live', staging, 'privkey.pem'))
    const { code } = await scene.deploy()
    assert.is(code, 0)
    assert.is((await ask(production, ca)).status, 200)
    assert.is((await ask(staging, ca)).status, 200)
    rmSync(scene.path('edge', 'certificates', `${production}.pem`))
    const expired = await scene.deploy()
    assert.match(expired.stdout, `the certificate of ${production} has expired, `)
    assert.match(await refusal(production, ca), 'certificate has expired')
    assert.is((await ask(staging, ca)).status, 200)
    await scene.issue('production', 20)
    await scene.issue('staging', 20)
    const soon = await scene.deploy()
    assert.match(soon.stdout, `the certificate of ${production} expires in 19 days`)
    assert.match(soon.stdout, `the certificate of ${staging} expires in 19 days`)
  },
)

edge('after a reboot it serves again, with the newest certificates', async () => {
  const [name = ''] = await scene.containers()
  await docker('restart', '--time', '1', name)
  for (let tries = 0; (await ask(production, ca).catch(() => undefined))?.status !== 200; tries += 1) {
    assert.ok(tries < 600, 'it does not serve')
    await sleep(100)
  }
  assert.match((await scene.deploy()).stdout, /– Renew certificates +it has them/)
})

edge('Compose v1 installs and updates it, too', async () => {
  assert.ok(await composeV1(say), 'Compose v1 is neither here nor can it be installed')
  const v1 = { TRACEHUB_COMPOSE: 'docker-compose' }
  await underLoad('Compose v1', async () => {
    const { code, stderr } = await scene.deploy({
      ...v1,
      TRACEHUB_EDGE_RULES: 'http-response set-header X-Edge v1',
    })
    assert.is(code, 0, stderr)
    assert.is((await ask(production, ca)).headers['x-edge'], 'v1')
  })
  await run(['docker-compose', 'up', '-d'], { cwd: scene.directory })
  assert.is((await ask(production, ca)).headers['x-edge'], 'v1')
})

edge('after a crash of the engine it serves again', async () => {
  if (!(await killEngine())) return say("the Docker Engine is not the sandbox's to kill")
  for (let tries = 0; (await ask(production, ca).catch(() => undefined))?.status !== 200; tries += 1) {
    assert.ok(tries < 600, 'it does not serve')
    await sleep(100)
  }
  assert.is((await scene.containers()).length, 1)
  await startRegistry()
})

edge.after(async () => {
  for (const app of Object.values(apps)) app.down()
  for (const name of ['shared', 'staging'] as const) await removeEnvironment(name)
})

edge.run()
