import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { packToolkit, root } from '../../../lib/remote/toolkit.ts'
import { type EnvironmentName, sandboxRoot } from '../root.ts'
import { fingerprint, hostKeyFile, keys, sshPort, sshUser } from './sshd.ts'

/** Variables as a workflow sets them for a step: what is needed to reach the VPS, and nothing of the VPS itself. */
export async function runnerVariables(port = sshPort): Promise<Record<string, string>> {
  return {
    PRODUCTION_HOST: `127.0.0.1:${port}`,
    PRODUCTION_USER: sshUser,
    PRODUCTION_SSH_KEY: readFileSync(keys.client, 'utf8'),
    PRODUCTION_HOST_KEY: await fingerprint(hostKeyFile('ed25519')),
    SSH_AUTH_SOCK: '',
    /** Tells the client's own processes, which a workflow gives its secrets, from those on the VPS. */
    TESTED_CLIENT: 'yes',
  }
}

/** As a run before has left them on the VPS: the first contact, with its `npm ci`, has a test of its own. */
export function haveDependencies(name: EnvironmentName | 'shared'): void {
  const dependencies = join(sandboxRoot, name, '.toolkit', 'dependencies', packToolkit().lock)
  mkdirSync(dependencies, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(dependencies, 'node_modules'))
}
