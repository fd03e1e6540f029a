import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { attempt, run } from '../../lib/base/shell.ts'
import { ensurePrograms } from './apt.ts'
import { baseImage, docker, imageId } from './docker.ts'
import { type Say, stopwatch } from './progress.ts'
import { ensureRoot, sandboxRoot } from './root.ts'

/** Milliseconds that a registry has to answer at all; what it then sends may take its time. */
const answerTimeout = 10_000

/** Has the image here: it is present, or can be pulled, or is built from Debian's packages. */
export async function ensureBaseImage(say: Say, image = baseImage): Promise<void> {
  if (await imageId(image)) return
  const elapsed = stopwatch()
  if (await pull(image)) return say(`${image} is pulled ${elapsed()}`)
  say(`${image} cannot be pulled here: building it from Debian's packages`)
  await build(say, image)
  say(`${image} is built ${elapsed()}`)
}

async function pull(image: string): Promise<boolean> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), answerTimeout)
  const answered = (): void => clearTimeout(timer) // docker prints nothing before the registry has answered
  try {
    return (await attempt(['docker', 'pull', image], { signal: silence.signal, onLine: answered })).ok
  } catch (error) {
    if (silence.signal.aborted) return false
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Files that make the image like the official one: no manuals, no translations, no caches, no fsync. */
const configuration = {
  'etc/dpkg/dpkg.cfg.d/docker': `force-unsafe-io
path-exclude /usr/share/doc/*
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/overrides/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
path-include /usr/share/doc/*/copyright
`,
  'etc/apt/apt.conf.d/docker': `Acquire::Languages "none";
Acquire::GzipIndexes "true";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
`,
  'usr/sbin/policy-rc.d': '#!/bin/sh\nexit 101\n', // packages must not start their services
}

/** What debootstrap leaves, and the official image has not. */
const needless = [
  'var/lib/apt/lists',
  'var/cache/apt',
  'var/log',
  ...['info', 'locale', 'man'].map(x => `usr/share/${x}`),
]

async function build(say: Say, image: string): Promise<void> {
  await ensurePrograms(say, { debootstrap: ['debootstrap', 'debian-archive-keyring'] })
  await ensureRoot()
  const work = join(sandboxRoot, 'base-image')
  const system = join(work, 'system')
  const archive = join(work, 'system.tar')
  await rm(work, { recursive: true, force: true }) // of an `up` that was killed
  try {
    await mkdir(system, { recursive: true })
    // Namespaces of its own: if we are killed, its processes and its mounts in there end with us.
    const isolated = ['unshare', '--mount', '--pid', '--kill-child']
    const mirror = await debianMirror()
    const certificates = mirror?.startsWith('https:') ? ['--include=ca-certificates'] : []
    await run([
      ...[...isolated, 'debootstrap', '--variant=minbase', ...certificates],
      ...['trixie', system, ...(mirror ? [mirror] : [])],
    ])
    await slim(system)
    await run(['tar', '--create', '--file', archive, '--directory', system, '.'])
    await docker('import', '--change', 'CMD ["bash"]', archive, image)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function slim(system: string): Promise<void> {
  const contents = needless.map(directory => join(system, directory))
  await run(['find', ...contents, '-mindepth', '1', '-not', '-type', 'd', '-delete'])
  await run(['find', join(system, 'usr/share/doc'), '-type', 'f', '-not', '-name', 'copyright', '-delete'])
  for (const [file, text] of Object.entries(configuration)) {
    await mkdir(dirname(join(system, file)), { recursive: true })
    await writeFile(join(system, file), text, { mode: file.startsWith('usr/sbin/') ? 0o755 : 0o644 })
  }
}

/** The mirror that this machine itself gets Debian from; undefined means debootstrap's own default. */
async function debianMirror(): Promise<string | undefined> {
  const uris = await attempt([
    ...['apt-get', 'indextargets', '--format', '$(REPO_URI)'],
    ...['Created-By: Packages', 'Label: Debian'],
  ])
  return uris.stdout.split('\n')[0] || undefined
}
