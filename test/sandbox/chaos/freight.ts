import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loggedIn, registry } from '../build-images.ts'
import { docker, dockerList } from '../docker.ts'

/**
 * A version whose backend has a layer that no other image of the machine has, so that deploying it really transfers
 * something: the rest of it is v3.
 */
export const freight = 'v3-freight'
const label = 'tracehub.sandbox.freight'
const bytes = 6 * 1024 * 1024

/** Builds it and pushes it; afterwards this machine does not have it. */
export async function pushFreight(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tracehub-freight-'))
  try {
    writeFileSync(join(directory, 'load'), randomBytes(bytes)) // nothing that compression could make small
    writeFileSync(
      join(directory, 'Dockerfile'),
      `FROM tracehub-sandbox/tracehub-backend:v3\nLABEL ${label}=yes\nCOPY load /freight\n`,
    )
    const image = (part: string): string => `${registry.host}/tracehub/tracehub-${part}:${freight}`
    await docker('build', '--quiet', '--tag', image('backend'), directory)
    await docker('tag', 'tracehub-sandbox/tracehub-frontend:v3', image('frontend'))
    await loggedIn(async config => {
      for (const part of ['backend', 'frontend']) {
        await docker('--config', config, 'push', '--quiet', image(part))
        await docker('image', 'rm', image(part))
      }
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The machine forgets what it has pulled of it, and the stopped containers that were made of it. */
export async function forgetFreight(): Promise<void> {
  const ids = new Set(await dockerList('image', 'ls', '--quiet', '--no-trunc', '--filter', `label=${label}`))
  for (const id of ids) {
    const containers = await dockerList('ps', '--all', '--quiet', '--filter', `ancestor=${id}`)
    if (containers.length > 0) await docker('rm', '--force', ...containers)
    await docker('image', 'rm', '--force', id)
  }
}
