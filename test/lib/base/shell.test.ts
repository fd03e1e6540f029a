import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Cancelled } from '../../../lib/base/failure.ts'
import { registerSecret } from '../../../lib/base/redact.ts'
import { attempt, commandFailed, observeCommands, type RunOptions, run } from '../../../lib/base/shell.ts'
import { ended, evaluating, failureOf, inTemporary, withVariables } from '../fixtures.ts'

/** Prints the arguments that arrived, byte by byte. */
const arrived = [
  process.execPath,
  '--eval',
  'process.stdout.write(JSON.stringify(process.argv.slice(1)))',
  '--',
] as const

const alive = (pid: number): boolean => {
  try {
    // A process that ended and was not waited for yet is dead, too.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits until a process is gone. @returns whether it is, within five seconds. */
async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 250 && alive(pid); i++) await sleep(20)
  return !alive(pid)
}

const words = suite('shell: arguments arrive as they are')

const hostile = [
  '',
  ' ',
  '  two  spaces  ',
  '$(id)',
  '`id`',
  '$HOME',
  '$' + '{IFS}',
  '!!',
  '*',
  '?',
  '~',
  '~root',
  '{a,b}',
  '[a-z]',
  '#',
  ';',
  'a;b',
  '&',
  'a && b',
  '|',
  '> /dev/null',
  '<',
  "it's",
  '"double"',
  `'"'"'`,
  '\\',
  '\\n',
  "\\'",
  'a\nb',
  '\n',
  '\r\n',
  '\t',
  '\u0001\u0007\b\u000b\f\u001b[31m\u007f',
  '-x',
  '--',
  '--option=value',
  '=',
  'A=b',
  '%s%n',
  'grüße',
  '日本 🚢',
  '\u2028',
  '\u202e',
  'null',
  'undefined',
  '007',
]
words('every hostile word, all at once', async () => {
  const { ok, stdout } = await attempt([...arrived, ...hostile])
  assert.ok(ok)
  assert.equal(JSON.parse(stdout), hostile)
})

words('every hostile word as the only one', async () => {
  const each = await Promise.all(hostile.map(word => attempt([...arrived, word])))
  assert.equal(
    each.map(({ stdout }) => JSON.parse(stdout)),
    hostile.map(word => [word]),
  )
})

words('what the person keeps in ~/.bashrc never runs, and does not read what is meant for the command', () =>
  inTemporary(directory => {
    writeFileSync(join(directory, '.bashrc'), 'read stolen; echo "bashrc read $stolen"')
    return withVariables({ HOME: directory }, async () =>
      assert.is((await attempt(['cat'], { input: 'a secret\n' })).stdout, 'a secret\n'),
    )
  }),
)

words('a hundred thousand bytes', async () => {
  const long = 'x y'.repeat(33_334)
  assert.equal(JSON.parse((await attempt([...arrived, long])).stdout), [long])
})

words.run()

const doing = suite('shell: what a command did')

doing('its output, apart', async () =>
  assert.equal(await attempt(['sh', '-c', 'echo out; echo err >&2']), {
    ok: true,
    code: 0,
    stdout: 'out\n',
    stderr: 'err\n',
  }),
)

for (const code of [1, 2, 75, 127, 255])
  doing(`exit code ${code} is told, not thrown`, async () =>
    assert.equal(await attempt(['sh', '-c', `exit ${code}`]), { ok: false, code, stdout: '', stderr: '' }),
  )

doing('one that was killed has no exit code', async () =>
  assert.equal(await attempt(['sh', '-c', 'kill -9 $$']), { ok: false, code: null, stdout: '', stderr: '' }),
)

doing('one that does not exist says so', async () => {
  const { ok, code, stderr } = await attempt(['no-such-command'])
  assert.equal([ok, code], [false, 127])
  assert.match(stderr, 'failed to execute no-such-command')
})

doing('a directory of its own', () =>
  inTemporary(async directory => assert.is(await run(['pwd'], { cwd: directory }), directory)),
)

doing('standard input is what is given, byte by byte, and nothing else', async () => {
  for (const input of ['', 'sékrit 🔑 $(id)', 'é🔑'.repeat(100_000), `'"\\\n\0\r\n`.repeat(100_000)])
    assert.ok((await attempt(['cat'], { input })).stdout === input)
  assert.is((await attempt(['cat'])).stdout, '')
})

doing('fifty megabytes of output', async () => {
  const { stdout } = await attempt(['head', '-c', '50000000', '/dev/zero'])
  assert.is(stdout.length, 50_000_000)
})

doing('one that does not want its input ends as it would without', async () => {
  const input = 'x'.repeat(5_000_000)
  assert.equal(await attempt(['sh', '-c', 'exit 3'], { input }), {
    ok: false,
    code: 3,
    stdout: '',
    stderr: '',
  })
})

const impossible: [what: string, command: string[], options: RunOptions, message: string][] = [
  [
    'its directory is not there',
    ['true'],
    { cwd: '/no/such/place' },
    'true cannot be started: the directory /no/such/place is not there',
  ],
  [
    'a word with a NUL byte',
    ['true', 'a\0b'],
    {},
    "true 'a\0b' cannot be started: a NUL byte is in one of its words",
  ],
  [
    'a word that is too long',
    ['true', 'x'.repeat(200_000)],
    { onLine: () => {} },
    `true ${'x'.repeat(995)}… cannot be started: spawn E2BIG`,
  ],
]
for (const [what, command, options, message] of impossible)
  doing(`cannot be started: ${what}`, async () =>
    assert.is((await failureOf(() => attempt(command, options))).what, message),
  )

doing('each line as it comes', async () => {
  const lines: string[] = []
  await attempt(['sh', '-c', 'echo one; echo; printf "10%%\\r20%%\\r\\n"; echo last'], {
    onLine: line => void lines.push(line),
  })
  assert.equal(lines, ['one', '10%', '20%', 'last'])
})

doing('what both streams say at once stays apart, line by line', async () => {
  const lines: string[] = []
  const turns = 'printf "out "; sleep 0.1; printf "err " >&2; sleep 0.1; echo put; sleep 0.1; echo or >&2'
  await attempt(['sh', '-c', turns], { onLine: line => void lines.push(line) })
  assert.equal(lines.sort(), ['err or', 'out put'])
})

doing('of an endless complaint the end is kept', async () => {
  const endless = 'head -c 540000000 /dev/zero >&2' // more than V8 has room for in one string
  const ran = await attempt(['sh', '-c', `${endless}; echo why >&2; exit 3`])
  assert.is(ran.code, 3)
  assert.ok(ran.stderr.endsWith('\0why\n'))
  assert.ok(ran.stderr.length < 2 ** 27, `${ran.stderr.length}`)
})

doing('data that cannot be read whole are not taken for all of it; for people the end will do', async () => {
  const command = ['sh', '-c', 'head -c 70000000 /dev/zero; echo end']
  const { what } = await failureOf(() => attempt(command))
  assert.match(what, /^sh -c .* has printed more than the 64\.0 MiB that can be read of it$/)
  assert.ok((await attempt(command, { keep: 'end' })).stdout.endsWith('\0end\n'))
})

doing('run gives its standard output, trimmed', async () =>
  assert.is(await run(['sh', '-c', 'echo; echo " a "; echo warning >&2; echo']), 'a'),
)

doing('run fails with the command and the end of what it printed', async () => {
  registerSecret('hush-hush')
  const failure = await failureOf(() => run(['sh', '-c', 'seq 20 >&2; echo hush-hush >&2; exit 7']))
  assert.is(failure.what, `sh -c 'seq 20 >&2; echo •••••• >&2; exit 7' failed with exit code 7`)
  assert.is(
    failure.detail,
    ['10', '11', '12', '13', '14', '15', '16', '17', '18', '19', '20', '••••••'].join('\n'),
  )
  assert.is(failure.exitCode, 1)
})

const failures: [
  ran: { code: number | null; stdout: string; stderr: string },
  what: string,
  detail: string,
][] = [
  [{ code: 1, stdout: 'out', stderr: '' }, 'docker ps failed with exit code 1', 'out'],
  [{ code: 1, stdout: 'out', stderr: 'err\n' }, 'docker ps failed with exit code 1', 'err'],
  [{ code: null, stdout: '', stderr: '' }, 'docker ps was killed', ''],
]
for (const [ran, what, detail] of failures)
  doing(`in words: ${what}, ${JSON.stringify(detail)}`, () => {
    const failure = commandFailed(['docker', 'ps'], { ok: false, ...ran })
    assert.equal([failure.what, failure.detail], [what, detail])
  })

doing('every command is told, without its secrets', async () => {
  registerSecret('never/told')
  const told: [text: string, code: number | null][] = []
  observeCommands(({ text, code }) => void told.push([text, code]))
  await attempt(['sh', '-c', 'exit 3', 'never/told', 'a b'])
  await attempt(['cat'], { input: 'never/told' })
  observeCommands(() => {})
  await attempt(['true'])
  assert.equal(told, [
    ["sh -c 'exit 3' •••••• 'a b'", 3],
    ['cat', 0],
  ])
})

doing.run()

const ending = suite('shell: ended early')

/** Prints its own process id, then that of a child of its own, and waits. */
const family = ['sh', '-c', 'echo $$; sh -c "echo \\$\\$; exec sleep 600" & wait']

/** ms; a busy machine takes a good part of a second to start a command. */
const soon = 3000

/** The family's process ids, as soon as both are there. */
function pids() {
  const found: number[] = []
  let complete = (): void => {}
  const both = new Promise<void>(resolve => {
    complete = resolve
  })
  const onLine = (line: string): void => {
    if (found.push(Number(line)) === 2) complete()
  }
  return { found, both, onLine }
}

ending('a timeout ends the command and all that it started, and says so', async () => {
  const { found, onLine } = pids()
  const started = Date.now()
  const failure = await failureOf(() => attempt(family, { timeout: soon, onLine }))
  assert.ok(Date.now() - started < 60_000) // of the ten minutes that they sleep
  assert.is(
    failure.what,
    `sh -c 'echo $$; sh -c "echo \\$\\$; exec sleep 600" & wait' did not finish within 3.0 s`,
  )
  assert.is(found.length, 2)
  for (const pid of found) assert.ok(await gone(pid), `process ${pid} is still there`)
})

ending('its last words are in the failure', async () => {
  const failure = await failureOf(() =>
    attempt(['sh', '-c', 'echo out; echo trouble >&2; exec sleep 600'], { timeout: soon }),
  )
  assert.is(failure.detail, 'trouble')
})

ending('a signal ends the command and all that it started, with its own reason', async () => {
  const { found, both, onLine } = pids()
  const stop = new AbortController()
  void both.then(() => stop.abort(new Cancelled('SIGINT')))
  const failure = await failureOf(() => attempt(family, { signal: stop.signal, onLine }))
  assert.instance(failure, Cancelled)
  assert.is(failure.what, 'stopped by SIGINT')
  for (const pid of found) assert.ok(await gone(pid), `process ${pid} is still there`)
})

ending('nothing starts once the signal is aborted', () =>
  inTemporary(async directory => {
    const file = join(directory, 'started')
    const signal = AbortSignal.abort(new Cancelled('SIGTERM'))
    await failureOf(() => attempt(['touch', file], { signal }))
    assert.throws(() => readFileSync(file), /ENOENT/)
  }),
)

ending('neither a timeout nor a signal outlives its command', async () => {
  const stop = new AbortController()
  await attempt(['true'], { timeout: soon, signal: stop.signal })
  await sleep(soon + 50)
  stop.abort(new Cancelled('SIGINT'))
  assert.ok((await attempt(['true'])).ok)
})

ending('a killed run takes its command with it', async () => {
  const program = `
    import { attempt } from 'lib/base/shell.ts'
    await attempt(['sh', '-c', 'echo $$; exec sleep 600'], { onLine: line => console.log(line) })`
  const child = spawn(process.execPath, evaluating(program), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  const pid = Number(String(line))
  assert.ok(alive(pid))
  child.kill('SIGKILL')
  assert.ok(await gone(pid), `process ${pid} is still there`)
})

ending.run()

const surroundings = suite('shell: what a command sees of us')

surroundings('neither our secrets nor what would change the deployment', async () => {
  const stray = {
    DB_PORT: '1',
    DB_PASSWORD: 'x',
    COMPOSE_FILE: 'x',
    COMPOSE_PROJECT_NAME: 'x',
    COMPOSE_PROFILES: 'x',
    BACKEND_BLUE_IMAGE: 'x',
    GHCR_TOKEN: 'x',
    GITHUB_TOKEN: 'x',
    GITHUB_ACTIONS: 'true',
    TRACEHUB_OVERRIDE: 'x',
    ZX_PREFIX: 'x',
    NODE_OPTIONS: '--no-warnings',
    BASH_ENV: '/dev/null',
    LD_PRELOAD_X: 'x',
    PGPASSWORD: 'x',
    DOCKER_DEFAULT_PLATFORM: 'linux/x',
  }
  const kept = {
    HOME: '/home/x',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    DOCKER_HOST: 'unix:///x',
    DOCKER_CONFIG: '/x',
    https_proxy: 'http://x',
    NO_PROXY: 'y',
    SSH_AUTH_SOCK: '/y',
  }
  const stdout = await withVariables({ ...stray, ...kept }, () => run(['env']))
  const seen = Object.fromEntries(stdout.split('\n').map(line => line.split(/=(.*)/s).slice(0, 2)))
  for (const name of Object.keys(stray)) assert.is(seen[name], undefined, name)
  for (const [name, value] of Object.entries(kept)) assert.is(seen[name], value, name)
})

surroundings('bash reads no file and no function of the caller', () =>
  inTemporary(async directory => {
    const file = join(directory, 'env.sh')
    writeFileSync(file, 'echo planted; exit 1\n')
    const said = await withVariables(
      { BASH_ENV: file, ENV: file, 'BASH_FUNC_setpriv%%': '() { echo planted; }', SHELLOPTS: 'xtrace' },
      () => attempt(['echo', 'ours']),
    )
    assert.equal(said, { ok: true, code: 0, stdout: 'ours\n', stderr: '' })
  }),
)

surroundings('bash does not take us for a remote login where a command is given input', () =>
  inTemporary(async directory => {
    writeFileSync(join(directory, '.bashrc'), 'echo planted; exit 1\n')
    const said = await withVariables({ HOME: directory, SHLVL: undefined }, () =>
      attempt(['cat'], { input: 'ours\n' }),
    )
    assert.equal(said, { ok: true, code: 0, stdout: 'ours\n', stderr: '' })
  }),
)

surroundings('nothing that ZX_* says changes a command', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'node_modules', '.bin'), { recursive: true })
    for (const name of ['sh', 'date'])
      writeFileSync(join(directory, 'node_modules', '.bin', name), '#!/bin/sh\necho planted\n', {
        mode: 0o755,
      })
    const program = `
      import { attempt } from 'lib/base/shell.ts'
      console.log(JSON.stringify(await attempt(['sh', '-c', 'sleep 0.1; pwd; date'])))`
    const { stdout, stderr } = await ended(process.execPath, evaluating(program), {
      cwd: directory,
      env: {
        ZX_PREFIX: 'echo planted;',
        ZX_POSTFIX: '; echo planted',
        ZX_SHELL: '/bin/false',
        ZX_VERBOSE: 'true',
        ZX_QUIET: 'false',
        ZX_CWD: '/',
        ZX_DETACHED: 'false',
        ZX_KILL_SIGNAL: 'SIGCONT',
        ZX_TIMEOUT: '20ms',
        ZX_PREFER_LOCAL: 'true',
      },
    })
    assert.is(stderr, '')
    const ran = JSON.parse(stdout)
    assert.equal([ran.ok, ran.code, ran.stderr], [true, 0, ''])
    assert.is(ran.stdout.split('\n')[0], directory)
    assert.not.match(ran.stdout, 'planted')
  }),
)

surroundings("no ~/.bashrc is run, also where bash takes our pipe for a remote shell's connection", () =>
  inTemporary(async directory => {
    writeFileSync(join(directory, '.bashrc'), 'echo from the bashrc\n')
    await withVariables({ HOME: directory }, async () =>
      assert.is(await run(['cat'], { input: 'from us' }), 'from us'),
    )
  }),
)

surroundings('a variable that a command needs is given to it alone', () =>
  withVariables({ GH_TOKEN: 'ours' }, async () => {
    assert.is(await run(['printenv', 'GH_TOKEN'], { env: { GH_TOKEN: 'given' } }), 'given')
    assert.is((await attempt(['printenv', 'GH_TOKEN'])).ok, false)
  }),
)

surroundings.run()
