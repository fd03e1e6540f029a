import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readIfThere } from '../../../lib/base/files.ts'
import { root } from '../../../lib/remote/toolkit.ts'
import {
  deploy,
  directoryOf,
  type Finished,
  freshEnvironment,
  liveVersion,
  onTerminal,
  say,
  script,
  scriptEnvironment,
  start,
} from '../harness.ts'
import { alone } from '../lock.ts'
import { haveDependencies, runnerVariables } from './runner.ts'
import { ensureSshd } from './sshd.ts'

/** What an operator types every week, on the VPS and from elsewhere: the same answers, and the same exit codes. */
const alike = suite('SSH: every command is alike, here and from elsewhere')
const directory = directoryOf('production')
const production = ['-e', 'production']
let variables: Record<string, string> = {}
/** What the webhooks of people were told. */
const told: string[] = []
const webhook = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString()
  })
  request.on('end', () => {
    told.push((JSON.parse(body) as { text: string }).text)
    response.end('ok')
  })
})

alike.before(async () => {
  await ensureSshd(say)
  await freshEnvironment('production')
  haveDependencies('production')
  variables = await runnerVariables()
  const { code, stderr } = await deploy('production', 'v2')
  assert.is(code, 0, stderr)
  await new Promise<void>(resolve => webhook.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/services/T/B/a-key-of-a-webhook`
  const file = join(directory, '.env.production')
  writeFileSync(file, `${readFileSync(file, 'utf8')}NOTIFY_WEBHOOK_URL=${address}\n`, { mode: 0o600 })
  const list = await there('backup', '--list')
  assert.is(list.code, 0, `the toolkit is there now: ${list.stderr}`)
})
alike.after(() => void webhook.close())

const here = (name: string, ...args: string[]): Promise<Finished> => script(name, [...args, ...production])
const there = (name: string, ...args: string[]): Promise<Finished> =>
  script(name, [...args, ...production], variables)

/** Without what differs from one moment to the next: times, sizes, shares, the ids of runs; and the way there. */
const lasting = (text: string): string =>
  text
    .replaceAll(/^ {2}[✓–] (Setup SSH connection|Copy deployment files) .*\n/gm, '')
    .replaceAll(/\d{8}-\d{6}\.\d{3}-\w+/g, '<run>')
    .replaceAll(/[ ─]{2,}/g, '  ')
    .replaceAll(/(\d[\d.]*(e[+-]\d+)? ?(ms|s|min|h|d|days?|hours?|[KMGT]?i?B|%)?\b%?,? ?)+/g, '#')
    .replaceAll(/# +/g, '# ')

const same: readonly (readonly [code: number, ...words: string[]])[] = [
  [1, 'status'],
  [0, 'status', '--db', '--json'],
  [0, 'status', 'history', '--json'],
  [0, 'cleanup', '--dry-run'],
  [2, 'cleanup', '--keep', '0'],
  [0, 'secrets', 'check'],
  [1, 'secrets', 'render'],
  [0, 'secrets', 'rotate', '--dry-run', '--json'],
  [0, 'backup', '--list', '--json'],
  [2, 'backup', '--verify', 'no such file $(id).sql'],
  [2, 'maintenance'],
]
for (const [expected, name = '', ...args] of same)
  alike(`${[name, ...args].join(' ')}: the same answer, exit code ${expected}`, async () => {
    const shown = ({ code, stdout, stderr }: Finished) => [code, lasting(stdout), lasting(stderr)]
    const ask = () => Promise.all([here(name, ...args), there(name, ...args)])
    let [local, remote] = await ask()
    // They do not look at the same moment: a vacuum in between is no difference that comes again.
    if (!isDeepStrictEqual(shown(remote), shown(local))) [local, remote] = await ask()
    assert.equal(shown(remote), shown(local))
    assert.is(local.code, expected, local.stdout + local.stderr)
  })

alike('a lock that somebody holds: exit code 3, here and there', async () => {
  const ended = await alone(
    join(directory, '.lock'),
    () => {},
    () => Promise.all([here('backup'), there('backup')]),
  )
  assert.equal(
    ended.map(({ code }) => code),
    [3, 3],
    ended.map(({ stderr }) => stderr).join(''),
  )
})

/** Types into what reads standard input, or gives it nothing. */
function piped(input: string, name: string, ...args: string[]): Promise<Finished> {
  const command = `printf '%s' "$INPUT" | npx tsx scripts/${name}.ts ${args.join(' ')} -e production`
  const child = spawn('bash', ['-c', `set -o pipefail; ${command}`], {
    cwd: root,
    env: { ...process.env, ...scriptEnvironment, ...variables, INPUT: input },
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk
    })
  return new Promise(resolve => child.on('close', code => resolve({ code, ...said, seconds: 0 })))
}

alike('enter, from elsewhere: a file for psql, and the exit code of a shell', async () => {
  const psql = await piped('select 40 + 2 as answer;', 'enter', 'psql')
  assert.equal([psql.code, psql.stderr], [0, ''])
  assert.match(psql.stdout, /^ +answer *\n-+\n +42\n/m)
  const shell = await piped('echo "$HOSTNAME"; exit 7', 'enter', 'shell')
  assert.is(shell.code, 7, shell.stderr)
})

alike('enter, on a terminal from elsewhere: it is this very terminal', async () => {
  const command = 'stty cols 97 rows 31; npx tsx scripts/enter.ts psql -e production; stty -a | head -1'
  const typed = '\\! stty size\rselect 40 + 2 as answer;\r\\q\r'
  const { code, stdout } = await onTerminal(command, 'tracehub=>', typed, variables)
  assert.is(code, 0, stdout)
  assert.match(stdout, /^31 97\r/m)
  assert.match(stdout, / 42\r/)
})

/** What a client that is gone has left running: sessions whose script has not said its last word. */
function openSessions(): string[] {
  const sessions = join(directory, 'logs', 'sessions')
  return readdirSync(sessions).filter(name => {
    const said = readIfThere(join(sessions, name, 'output.jsonl'))
    return said !== undefined && !said.includes('"type":"exit"')
  })
}

alike('status --watch on a terminal from elsewhere: drawn again, until Ctrl-C', async () => {
  const command = 'npx tsx scripts/status.ts -e production --watch 1s'
  const { stdout } = await onTerminal(command, '\u001b[J', '\u0003', variables)
  assert.match(stdout, /production[\s\S]*\u001b\[\?1049l/)
  assert.equal(openSessions(), [])
})

alike('a command that nobody follows any more and that changes nothing ends by itself', async () => {
  const watching = start('status', [...production, '--watch', '1s'], { ...variables, TRACEHUB_LINGER: '3' })
  for (let tries = 0; openSessions().length === 0; tries += 1) {
    assert.ok(tries < 1000, 'it does not start')
    await sleep(20)
  }
  await sleep(7000) // more than twice as long as it lingers
  assert.is(openSessions().length, 1, 'followed, it goes on')
  watching.kill('SIGKILL')
  for (let tries = 0; openSessions().length > 0; tries += 1) {
    assert.ok(tries < 3000, 'it goes on although nobody follows it')
    await sleep(20)
  }
})

alike('a backup, and what is pending on it, tried there', async () => {
  const made = await there('backup', '--verify')
  assert.is(made.code, 0, made.stdout + made.stderr)
  assert.match(made.stdout, /✓ Verify it by restoring it/)
  const release = readFileSync(join(directory, 'releases.jsonl'), 'utf8').trim().split('\n').at(-1)
  const { images } = JSON.parse(`${release}`) as { images: { backend: string } }
  const image = ['--image', images.backend, '--from-backup', 'latest', '--json']
  const [local, remote] = await Promise.all([
    here('migrate-check', ...image),
    there('migrate-check', ...image),
  ])
  assert.equal([remote.code, remote.stderr], [0, ''])
  assert.equal(lasting(remote.stdout), lasting(local.stdout))
})

alike('a rollback of the database: people are told, and a record is written there', async () => {
  told.length = 0 // of the backups before that were meant to fail
  const { code, stdout, stderr } = await there('rollback', '-t', 'database')
  assert.is(code, 0, stdout + stderr)
  const [, record = ''] = /incident record: (\S+)/.exec(stdout) ?? []
  assert.match(readFileSync(record, 'utf8'), /^# Incident .*: rollback in production, done/)
  assert.equal(told, ['🟠 production: rollback has begun', '🟢 production: rollback succeeded'])
})

alike('new secrets, and what nobody needs any more removed', async () => {
  const before = readFileSync(join(directory, '.env.production'), 'utf8')
  const rotated = await there('secrets', 'rotate', 'JWT_SECRET')
  assert.is(rotated.code, 0, rotated.stdout + rotated.stderr)
  assert.is.not(readFileSync(join(directory, '.env.production'), 'utf8'), before)
  assert.is(await liveVersion('production'), 'v2')
  const cleaned = await there('cleanup', '--older-than', '1s')
  assert.is(cleaned.code, 0, cleaned.stderr)
  assert.match(cleaned.stdout, /✓ Remove it +.*1 database/)
  assert.match(told.join('\n'), /🟢 production: secrets .*succeeded/)
})

alike.run()
