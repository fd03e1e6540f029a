import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loggedIn, registry, type VersionName } from './build-images.ts'
import { docker } from './docker.ts'

/** What makes another version of one: files that its instructions may copy, and the Dockerfile's instructions. */
export interface Change {
  readonly files?: Readonly<Record<string, string>>
  readonly backend: readonly string[]
}

/** A version with a changed backend, in the registry as a version of its own. */
export async function pushVersion(
  version: string,
  base: VersionName,
  { files = {}, backend }: Change,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tracehub-changed-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
    await loggedIn(async config => {
      for (const part of ['backend', 'frontend']) {
        const image = `${registry.host}/tracehub/tracehub-${part}`
        const lines = [`FROM ${image}:${base}`, ...(part === 'backend' ? backend : []), '']
        writeFileSync(join(directory, 'Dockerfile'), lines.join('\n'))
        await docker('--config', config, 'build', '--quiet', '--tag', `${image}:${version}`, directory)
        await docker('--config', config, 'push', '--quiet', `${image}:${version}`)
      }
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
