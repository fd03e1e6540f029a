import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../../lib/base/shell.ts'
import { registry } from '../build-images.ts'
import { docker, dockerList } from '../docker.ts'
import {
  directoryOf,
  type Finished,
  lastEvents,
  liveVersion,
  onTerminal,
  runIds,
  say,
  script,
  start,
} from '../harness.ts'
import { ofProject, removeEnvironment, sandboxRoot } from '../root.ts'
import { type Relay, startRelay } from './relay.ts'
import { runnerVariables } from './runner.ts'
import { ensureSshd } from './sshd.ts'

/**
 * From outside, with the variables of a workflow and nothing else: the VPS has Docker, Node.js and an sshd. The same
 * machine plays both; what the client is given, nobody on the VPS can read in a list of processes.
 */
const outside = suite('SSH: the same command from elsewhere')

const directory = directoryOf('production')
const strong = (): string => randomBytes(24).toString('hex')
const secrets = {
  PRODUCTION_DB_PASSWORD: `${strong()}/+@:`,
  PRODUCTION_JWT_SECRET: strong(),
  VIZION_API_KEY: strong(),
  DEMO_PASSWORD: `${strong()} with spaces`,
}
const token = strong()
let relay: Relay
let variables: Record<string, string> = {}
/** Everything that any client has printed. */
let printed = ''

outside.before(async () => {
  await ensureSshd(say)
  await removeEnvironment('production')
  relay = await startRelay()
  variables = {
    ...(await runnerVariables(relay.port)),
    ...secrets,
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'ada',
    GITHUB_TOKEN: token,
  }
})
outside.after(() => relay.close())

async function ended(run: Promise<Finished>): Promise<Finished> {
  const finished = await run
  printed += finished.stdout + finished.stderr
  return finished
}
const there = (name: string, ...args: string[]): Promise<Finished> =>
  ended(script(name, ['-e', 'production', ...args], variables))

const steps = (): number => lastEvents('production').filter(({ type }) => type === 'step-started').length
const isNew = (before: string | undefined): boolean => runIds('production').at(-1) !== before
async function until(what: string, holds: () => boolean): Promise<void> {
  for (const since = Date.now(); !holds(); ) {
    if (Date.now() - since > 120_000) throw new Error(`did not come: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** The titles of the steps as the client has shown them, and as the run's log has them. */
const shownSteps = (stdout: string): string[] =>
  [...stdout.matchAll(/^::group::[✓–✗] (.*?)(?: · .*)?$/gm)].map(match => match[1] ?? '').sort()
const loggedSteps = (): string[] =>
  lastEvents('production')
    .flatMap(event => (event.type === 'step-finished' ? [event.title] : []))
    .sort()
const preparation = ['Copy deployment files', 'Setup SSH connection']

outside('first contact on a VPS that has nothing: secrets, toolkit, deploy', async () => {
  const samples = sampleProcesses()
  const { code, stdout, stderr } = await there('deploy', '--tag', 'v1')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /^deploy production {2}\d{8}-\d{6}\.\d{3}-deploy by ada$/m)
  assert.match(
    stdout,
    /✓ Create \.env\.production from secrets · added DB_PASSWORD, JWT_SECRET, VIZION_API_KEY, DEMO_PASSWORD/,
  )
  assert.match(stdout, /✓ Copy deployment files · \d+ files of \d+, .*; dependencies installed/)
  assert.equal(shownSteps(stdout), [...loggedSteps(), ...preparation].sort())
  assert.is(await liveVersion('production'), 'v1')
  assert.is(statSync(join(directory, '.env.production')).mode & 0o777, 0o600)
  assert.ok(samples.stop().size > 20, 'processes were looked at')
})

outside('the toolkit serves by hand from the environment directory', async () => {
  assert.match(readlinkSync(join(directory, 'scripts')), '.toolkit/current/scripts')
  const { stdout, code } = await ended(byHand(['--list']))
  assert.is(code, 0)
  assert.match(stdout, /\* live +1 +v1/)
})

/** As a person does on the VPS, in an emergency: no variable names a host. */
const byHand = (args: string[]): Promise<Finished> =>
  start('rollback', args, { PRODUCTION_HOST: '' }, directory).done

outside(
  'the connection is cut at ten moments: the run goes on, and nothing of it is lost or shown twice',
  async () => {
    const before = runIds('production').at(-1)
    const run = start('deploy', ['-e', 'production', '--tag', 'v2'], variables)
    await until('the run', () => isNew(before))
    for (let cut = 1; cut <= 10; cut += 1) {
      await until(`step ${cut}`, () => steps() > cut)
      relay.cut(cut === 5 ? 1500 : 0)
    }
    const { code, stdout, stderr } = await ended(run.done)
    assert.is(code, 0, stdout + stderr)
    assert.match(stdout, /is lost; the run goes on there; connecting again/)
    assert.equal(shownSteps(stdout), [...loggedSteps(), ...preparation].sort())
    assert.match(stdout, /✓ deploy production done/)
    assert.is(await liveVersion('production'), 'v2')
  },
)

outside(
  'the client is killed at ten moments: the next one joins, and the last one shows it all',
  async () => {
    const before = runIds('production').at(-1)
    let client = start('deploy', ['-e', 'production', '--tag', 'v3'], variables)
    await until('the run', () => isNew(before))
    for (let kill = 1; kill <= 10; kill += 1) {
      await until(`step ${kill}`, () => steps() > kill)
      client.kill('SIGKILL')
      await ended(client.done)
      client = start('deploy', ['-e', 'production', '--attach'], variables)
    }
    const { code, stdout, stderr } = await ended(client.done)
    assert.is(code, 0, stdout + stderr)
    assert.equal(shownSteps(stdout), [...loggedSteps(), ...preparation].sort())
    assert.match(stdout, /✓ deploy production done/)
    assert.is(await liveVersion('production'), 'v3')
  },
)

outside('Ctrl-C in the client asks the run to stop: it rolls back what it did', async () => {
  const before = runIds('production').at(-1)
  const client = start('deploy', ['-e', 'production', '--tag', 'v2'], variables)
  await until(
    'the run',
    () =>
      isNew(before) &&
      lastEvents('production').some(event => event.type === 'fact' && event.fact.kind === 'candidate'),
  )
  client.kill('SIGINT')
  const { code, stdout } = await ended(client.done)
  assert.is(code, 4, stdout)
  assert.match(stdout, /SIGINT: stopping at the next safe place/)
  const again = await there('deploy', '--attach')
  assert.is(again.code, 4, 'replayed with its exit code')
  assert.is(await liveVersion('production'), 'v3')
})

outside('a run that is killed there: the client says so, and so does the next one', async () => {
  const before = runIds('production').at(-1)
  const client = start('deploy', ['-e', 'production', '--tag', 'v2'], variables)
  await until('the run', () => isNew(before) && lastEvents('production').length > 0)
  const [first] = lastEvents('production')
  assert.ok(first?.type === 'run-started')
  process.kill(first.pid, 'SIGKILL')
  const { code, stderr } = await ended(client.done)
  assert.is(code, 5)
  assert.match(stderr, 'the process of deploy on 127.0.0.1 has ended without a word')
  const again = await there('deploy', '--attach')
  assert.is(again.code, 5)
  assert.match(again.stderr, /-deploy did not come to its end: it was killed/)
})

outside('a rollback; a changed secret is named, the one before is kept', async () => {
  const before = readFileSync(join(directory, '.env.production'), 'utf8')
  variables['DEMO_PASSWORD'] = secrets.DEMO_PASSWORD = strong()
  const { code, stdout, stderr } = await there('rollback', '-t', 'deployment')
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /✓ Create \.env\.production from secrets · changed DEMO_PASSWORD ·/)
  assert.match(stdout, /– Copy deployment files · unchanged/)
  assert.is(readFileSync(join(directory, '.env.production.previous'), 'utf8'), before)
  assert.is(await liveVersion('production'), 'v2')
})

outside('on a terminal it asks as it does there, and takes the answer', async () => {
  const onLaptop: Record<string, string> = { ...variables, GITHUB_ACTIONS: '' }
  const command = 'npx tsx scripts/rollback.ts -e production -t deployment --to 3'
  const { code, stdout } = await ended(onTerminal(command, '[y/N]', 'n\r', onLaptop))
  assert.is(code, 1, stdout)
  assert.match(stdout, 'Roll production back to release 3 (v3)? [y/N]')
  assert.match(stdout, 'not confirmed: nothing was changed')
})

outside('secrets that are wrong are named, all at once, and nothing is written', async () => {
  const before = readFileSync(join(directory, '.env.production'), 'utf8')
  const wrong = { ...variables, PRODUCTION_JWT_SECRET: '', VIZION_API_KEY: 'your-key', DEMO_PASSWORD: "it's" }
  const { code, stdout } = await ended(script('deploy', ['-e', 'production'], wrong))
  assert.is(code, 1)
  assert.match(stdout, 'PRODUCTION_JWT_SECRET is empty, and other secrets are given')
  assert.match(stdout, 'DEMO_PASSWORD has a character in it that the programs')
  assert.is(readFileSync(join(directory, '.env.production'), 'utf8'), before)
})

outside('no secret is anywhere but where it belongs', async () => {
  const logins = [token, registry.password].flatMap(password => [
    password,
    ...['ada', registry.user].map(user => Buffer.from(`${user}:${password}`).toString('base64')),
  ])
  const values = [
    ...[...Object.values(secrets), `${variables['PRODUCTION_SSH_KEY']}`.split('\n')[2] ?? ''],
    ...[variables['PRODUCTION_SSH_KEY'] ?? '', ...logins],
  ]
  const { PRODUCTION_DB_PASSWORD: password, ...others } = secrets
  /** What a container is given, and what it may not have. */
  const strangeTo: Record<string, readonly string[]> = {
    backend: logins,
    db: [...Object.values(others), ...logins],
  }
  const places = new Map<string, string>([
    ['what clients printed', printed.replace(/^::add-mask::.*$/gm, '')],
  ])
  for (const [command, environ] of seen) places.set(`process ${command}`, command + environ)
  for (const log of ['dockerd.log', join('ssh', 'sshd.log')].map(name => join(sandboxRoot, name)))
    if (existsSync(log)) places.set(log, readFileSync(log, 'latin1')) // systemd's engine has its own
  for (const file of filesBelow(directory)) places.set(file, readFileSync(file, 'latin1'))
  const found = [...places].flatMap(([place, text]) =>
    values.some(value => text.includes(value)) ? [place] : [],
  )
  for (const id of await dockerList('ps', '--all', '--quiet', ofProject('production'))) {
    const [inspected, logs] = [await docker('inspect', id), await attempt(['docker', 'logs', id])]
    const service = /"Name": "\/tracehub-(backend|db)/.exec(inspected)?.[1]
    if ((strangeTo[`${service}`] ?? values).some(value => inspected.includes(value)))
      found.push(`inspected ${service ?? id}`)
    if (values.some(value => (logs.stdout + logs.stderr).includes(value)))
      found.push(`logs of ${service ?? id}`)
  }
  assert.ok(password && places.size > 100)
  assert.ok(
    [...seen.keys()].some(command => /dockerd/.test(command)),
    'the engine was looked at',
  )
  const theirs = ['.env.production', '.env.production.previous', '.env.backend', '.env.db'].map(name =>
    join(directory, name),
  )
  assert.equal(
    found.filter(place => !theirs.includes(place)),
    [],
  )
  for (const file of theirs) assert.is(statSync(file).mode & 0o077, 0, file)
})

function filesBelow(path: string): string[] {
  return readdirSync(path).flatMap(name => {
    const file = join(path, name)
    const found = lstatSync(file)
    if (found.isDirectory()) return name === 'dependencies' ? [] : filesBelow(file)
    return found.isFile() ? [file] : []
  })
}

/** Command lines and environments of all processes of the VPS, again and again. */
const seen = new Map<string, string>()
function sampleProcesses() {
  const ours = readlinkSync('/proc/self/ns/mnt')
  const isOfVps = (pid: string): boolean =>
    readlinkSync(`/proc/${pid}/ns/mnt`) === ours && Number(pid) !== process.pid && !testers.has(pid)
  const timer = setInterval(() => {
    for (const pid of pids())
      try {
        if (!isOfVps(pid)) continue // a container's
        const environ = readFileSync(`/proc/${pid}/environ`, 'latin1')
        const command = commandOf(pid)
        if (!environ.includes('TESTED_CLIENT=')) seen.set(command, (seen.get(command) ?? '') + environ)
      } catch {
        // it has ended meanwhile
      }
  }, 250)
  return {
    stop: () => {
      clearInterval(timer)
      return seen
    },
  }
}

const pids = (): string[] => readdirSync('/proc').filter(name => /^\d+$/.test(name))
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return '' // it has ended meanwhile
  }
}
/** What ran before and is no daemon: the terminals of whoever tests, who may have exported the registry's password. */
const testers = new Set(pids().filter(pid => !/^\S*(dockerd|containerd|sshd)/.test(commandOf(pid))))

outside.run()
