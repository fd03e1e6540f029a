import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Failure } from '../../lib/base/failure.ts'
import { run } from '../../lib/base/shell.ts'
import { count } from '../../lib/base/text.ts'
import { docker, dockerMaybe } from './docker.ts'
import { type Say, stopwatch } from './progress.ts'

export const registry = {
  host: '127.0.0.1:5050',
  user: 'tracehub',
  password: 'sandbox-registry-password',
}

/** The versions of TraceHub that can be deployed: good ones, and one for each way in which a deploy fails. */
export const versionNames = [
  'v1',
  'v2',
  'v3',
  'slow-boot',
  'never-healthy',
  'crash-loop',
  'migration-fails',
  'smoke-fails',
  'breaks-old-code',
  'bad-after-switch',
  'stubborn-downgrade',
] as const

export type VersionName = (typeof versionNames)[number]

/** A stage of tracehub/backend/Dockerfile, and a word of tracehub/backend/app/faults.py. */
interface Version {
  readonly migrations: string
  readonly fault?: string
}

const versions: Readonly<Record<VersionName, Version>> = {
  v1: { migrations: 'v1' },
  v2: { migrations: 'v2' },
  v3: { migrations: 'v2' },
  'slow-boot': { migrations: 'v2', fault: 'slow-boot' },
  'never-healthy': { migrations: 'v2', fault: 'never-healthy' },
  'crash-loop': { migrations: 'v2', fault: 'crash-loop' },
  'migration-fails': { migrations: 'migration-fails' },
  'smoke-fails': { migrations: 'v2', fault: 'smoke-fails' },
  'breaks-old-code': { migrations: 'breaks-old-code' },
  'bad-after-switch': { migrations: 'shipment-overview', fault: 'bad-after-switch' },
  'stubborn-downgrade': { migrations: 'stubborn-downgrade', fault: 'bad-after-switch' },
}

const here = import.meta.dirname
const label = 'tracehub.sandbox.inputs'

/** An image: what it is called here and in the registry, and everything that it is made from. */
interface Image {
  readonly local: string
  /** Repository and tag; an image without one stays here. */
  readonly remote?: string
  readonly directory: string
  readonly arguments: readonly string[]
  /** A digest of all that goes in. The image bears it as a label, which tells whether it is up to date. */
  readonly inputs: string
}

/** Builds those images that the others start from and that the sandbox itself runs, if they changed. */
export async function buildBaseImages(say: Say): Promise<void> {
  // Two at a time, which is what the machine has cores for; postgres takes as long as all the others.
  await together([['postgres'], ['python', 'nginx', 'registry', 'haproxy']], async names => {
    for (const name of names) await buildIfChanged(name, say)
  })
}

/** Builds the image with today's Alembic, which only the tests of migrate-check need. */
export const buildCurrentPython = (say: Say): Promise<void> => buildIfChanged('python-current', say)

/** Builds the image with the PostgreSQL of an old stack, which only the test of moving in needs. */
export const buildOldPostgres = (say: Say): Promise<void> => buildIfChanged('postgres-15', say)

/** Builds the image with today's Docker Engine. */
export const buildCurrentEngine = (say: Say): Promise<void> => buildIfChanged('engine-current', say)

async function buildIfChanged(name: string, say: Say): Promise<void> {
  const image = await baseImage(name)
  if ((await labelHere(image.local)) === image.inputs) return
  const elapsed = stopwatch()
  await build(image)
  say(`${image.local} is built ${elapsed()}`)
}

/** Builds every version and pushes it to the registry, if it is not there as the sources are now. */
export async function buildAndPushVersions(say: Say): Promise<void> {
  const wanted = await Promise.all([
    Promise.all([baseImage('postgres', 'library/postgres:17'), baseImage('haproxy', 'library/haproxy:3.0')]),
    ...versionNames.map(name => Promise.all([backend(name), frontend(name)])),
  ])
  const outdated = await filter(wanted.flat(), async image => (await labelPushed(image)) !== image.inputs)
  if (outdated.length === 0) return
  const elapsed = stopwatch()
  await loggedIn(async config => {
    // Each pair at once, and the pairs in turn: so the first version makes the layers that all share.
    for (const pair of wanted)
      await together(
        pair.filter(image => outdated.includes(image)),
        image => buildAndPush(image, config),
      )
  })
  say(`built and pushed: ${count(outdated.length, 'image')} ${elapsed()}`)
}

async function baseImage(name: string, remote?: string): Promise<Image> {
  const directory = join(here, 'images', name)
  return {
    local: `tracehub-sandbox/${name}`,
    ...(remote !== undefined && { remote }),
    directory,
    arguments: [],
    inputs: await digest([directory], []),
  }
}

function backend(name: VersionName): Promise<Image> {
  const { migrations, fault = '' } = versions[name]
  const values = [`APP_REVISION=${name}`, `MIGRATIONS=${migrations}`, `APP_FAULT=${fault}`]
  return versionImage('backend', 'python', name, values)
}

const frontend = (name: VersionName): Promise<Image> =>
  versionImage('frontend', 'nginx', name, [`APP_REVISION=${name}`])

async function versionImage(
  part: 'backend' | 'frontend',
  base: 'python' | 'nginx',
  version: VersionName,
  values: readonly string[],
): Promise<Image> {
  const directory = join(here, 'tracehub', part)
  return {
    local: `tracehub-sandbox/tracehub-${part}:${version}`,
    remote: `tracehub/tracehub-${part}:${version}`,
    directory,
    arguments: values.flatMap(value => ['--build-arg', value]),
    inputs: await digest([join(here, 'images', base), directory], values),
  }
}

/** A digest of words and of the files in these directories: their paths, contents and executable bits. */
async function digest(directories: readonly string[], words: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(words))
  for (const directory of directories)
    for (const entry of (await readdir(directory, { recursive: true, withFileTypes: true })).sort(byPath)) {
      const path = join(entry.parentPath, entry.name)
      if (!entry.isFile() || path.includes('/__pycache__/')) continue
      const content = await readFile(path)
      const mode = (await stat(path)).mode & 0o111
      hash.update(`${relative(directory, path)}\0${mode}\0${content.length}\0`).update(content)
    }
  return hash.digest('hex')
}

const byPath = (a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number =>
  join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1

async function build(image: Image): Promise<void> {
  await docker(
    ...['build', '--quiet', '--tag', image.local, '--label', `${label}=${image.inputs}`],
    ...[...image.arguments, image.directory],
  )
}

async function buildAndPush(image: Image, config: string): Promise<void> {
  if ((await labelHere(image.local)) !== image.inputs) await build(image)
  const remote = `${registry.host}/${image.remote}`
  await docker('tag', image.local, remote)
  await docker('--config', config, 'push', '--quiet', remote)
  // A VPS does not have a version before it has pulled it.
  await docker('image', 'rm', remote)
}

/** The inputs of an image that is here; undefined when there is none. */
const labelHere = (name: string): Promise<string | undefined> =>
  dockerMaybe('image', 'inspect', '--format', `{{index .Config.Labels "${label}"}}`, name)

/** The inputs of an image as the registry has it: it may have been emptied, or a tag moved, since the push. */
async function labelPushed({ remote }: Image): Promise<string | undefined> {
  const [repository, tag] = remote?.split(':') ?? []
  const manifest = await fromRegistry(`${repository}/manifests/${tag}`)
  const digest = at(manifest, 'config', 'digest')
  const image = digest === undefined ? undefined : await fromRegistry(`${repository}/blobs/${digest}`)
  const inputs = at(image, 'config', 'Labels', label)
  return typeof inputs === 'string' ? inputs : undefined
}

/** JSON from the registry's API; undefined when it has no such thing. */
async function fromRegistry(path: string): Promise<unknown> {
  const response = await fetch(`http://${registry.host}/v2/${path}`, {
    headers: {
      accept: 'application/vnd.docker.distribution.manifest.v2+json',
      authorization: `Basic ${Buffer.from(`${registry.user}:${registry.password}`).toString('base64')}`,
    },
  }).catch((error: unknown) => {
    const what = `the registry on ${registry.host} does not answer`
    throw new Failure({ what, fix: 'start it: npx tsx test/sandbox/sandbox.ts up' }, undefined, error)
  })
  if (response.ok) return response.json()
  await response.body?.cancel()
  if (response.status === 404) return undefined
  throw new Failure({
    what: `the registry on ${registry.host} answers ${response.status} to GET /v2/${path}`,
  })
}

/** What is at these keys of a JSON value, if it has them. */
function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Object(inner)[key] : undefined),
    value,
  )
}

/** Does `work` with a docker configuration that may push, which is gone afterwards: the machine's own stays as it is. */
export async function loggedIn(work: (config: string) => Promise<void>): Promise<void> {
  const config = await mkdtemp(join(tmpdir(), 'tracehub-sandbox-'))
  try {
    const login = ['login', '--username', registry.user, '--password-stdin', registry.host]
    await run(['docker', '--config', config, ...login], { input: registry.password })
    await work(config)
  } finally {
    await rm(config, { recursive: true, force: true })
  }
}

/** Does them all at once, and leaves none at work behind when one fails. */
async function together<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const works = items.map(work)
  await Promise.allSettled(works)
  await Promise.all(works)
}

async function filter<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(items.map(test))
  return items.filter((_, index) => kept[index])
}
