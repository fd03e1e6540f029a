import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Failure } from '../../../lib/base/failure.ts'
import { attempt, run } from '../../../lib/base/shell.ts'
import { sleep } from '../../../lib/base/wait.ts'
import { ensurePrograms, findProgram } from '../apt.ts'
import { isStale } from '../engine.ts'
import type { Say } from '../progress.ts'
import { sandboxRoot } from '../root.ts'

/** A real sshd of the sandbox's own: its configuration, its keys, its port. Nothing of the machine's is touched. */
const home = join(sandboxRoot, 'ssh')
const pidFile = join(home, 'sshd.pid')
export const sshPort = 2022
export const sshUser = process.getuid?.() === 0 ? 'root' : `${process.env['USER']}`

/** Everything that a client needs: as files, as CI would have them in variables. */
export const keys = {
  /** A client's key that is let in. */
  client: join(home, 'client_key'),
  /** Let in, too, and encrypted with {@link passphrase}. */
  encrypted: join(home, 'encrypted_key'),
  rsa: join(home, 'rsa_key'),
  /** Nobody knows it. */
  stranger: join(home, 'stranger_key'),
} as const
export const passphrase = 'open sesame, "please"'

export const hostKeyFile = (type: 'ed25519' | 'ecdsa' | 'rsa'): string => join(home, `host_${type}`)

/** `ssh-ed25519 AAAA…`: type and key of the sshd, for a known_hosts line. */
export const publicHostKey = (type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519'): string =>
  readFileSync(`${hostKeyFile(type)}.pub`, 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ')

/** `SHA256:…` as ssh-keygen prints it. */
export async function fingerprint(file: string): Promise<string> {
  return (await run(['ssh-keygen', '-lf', `${file}.pub`])).split(' ')[1] ?? ''
}

/** Installs what is missing, makes the keys and starts sshd where it does not run. */
export async function ensureSshd(say: Say): Promise<void> {
  await ensurePrograms(say, {
    sshd: ['openssh-server'],
    'ssh-keygen': ['openssh-client'],
    scp: ['openssh-client'],
    'ssh-agent': ['openssh-client'],
  })
  mkdirSync(home, { recursive: true, mode: 0o755 })
  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) await makeKey(hostKeyFile(type), type)
  for (const [name, file] of Object.entries(keys))
    await makeKey(file, name === 'rsa' ? 'rsa' : 'ed25519', name === 'encrypted' ? passphrase : '')
  const allowed = [keys.client, keys.encrypted, keys.rsa]
    .map(file => readFileSync(`${file}.pub`, 'utf8'))
    .join('')
  writeFileSync(join(home, 'authorized_keys'), allowed, { mode: 0o644 })
  if (!isRunning()) await start()
}

async function makeKey(file: string, type: string, words = ''): Promise<void> {
  if (!existsSync(file)) await run(['ssh-keygen', '-q', '-t', type, '-N', words, '-C', 'sandbox', '-f', file])
}

const isRunning = (): boolean =>
  existsSync(pidFile) && !isStale(readFileSync(pidFile, 'utf8'), 'sshd', nameOf)

function nameOf(pid: number): string | undefined {
  try {
    return /^Name:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

async function start(): Promise<void> {
  rmSync(pidFile, { force: true })
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }) // sshd's own wish; a container lacks it
  const configuration = join(home, 'sshd_config')
  writeFileSync(
    configuration,
    [
      `Port ${sshPort}`,
      'ListenAddress 127.0.0.1',
      'ListenAddress ::1',
      `PidFile ${pidFile}`,
      ...(['ed25519', 'ecdsa', 'rsa'] as const).map(type => `HostKey ${hostKeyFile(type)}`),
      `AuthorizedKeysFile ${join(home, 'authorized_keys')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'SetEnv SHLVL=1', // bash then leaves this machine's own ~/.bashrc alone: it is no part of the VPS
      'StrictModes no',
      'UsePAM no',
      'MaxStartups 100',
      'PerSourcePenalties no',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  )
  const program = findProgram('sshd') ?? 'sshd' // it starts itself anew for each connection, and demands its whole path
  const version = await run(['ssh', '-V']).catch(() => '')
  if (!/OpenSSH_(9\.[89]|[1-9]\d)/.test(version)) {
    const text = readFileSync(configuration, 'utf8').replace('PerSourcePenalties no\n', '')
    writeFileSync(configuration, text)
  }
  const output = openSync(join(home, 'sshd.log'), 'w')
  const child = spawn(program, ['-D', '-e', '-f', configuration], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] }, // the sandbox's variables are not the VPS's
  })
  child.unref()
  for (let tries = 0; !(await answers()); tries += 1) {
    if (tries > 600)
      throw new Failure({
        what: 'sshd does not answer',
        detail: readFileSync(join(home, 'sshd.log'), 'utf8'),
      })
    await sleep(50)
  }
}

function answers(): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(sshPort, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => {}).setTimeout(1000, () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}

/** A user of the VPS who may log in, and nothing more. Only root can make one. */
export async function ensureVisitor(): Promise<string> {
  const name = 'tracehub-visitor'
  if (!(await attempt(['id', name])).ok) {
    const add = [findProgram('useradd') ?? 'useradd', '--create-home', '--shell', '/bin/sh']
    await run([...add, '--password', '*', name]) // sshd takes the usual ! for a locked account
  }
  return name
}
