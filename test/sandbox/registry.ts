import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../lib/base/failure.ts'
import { registry } from './build-images.ts'
import { docker, dockerMaybe, imageId } from './docker.ts'
import { type Say, stopwatch } from './progress.ts'

const container = 'tracehub-sandbox-registry'
const image = 'tracehub-sandbox/registry'
/** What was pushed to it. */
export const registryVolume = container

/** Milliseconds; it answers within half a second of its start. */
const startTimeout = 60_000

/** Has the registry running as these settings and this image say, and answering. */
export async function ensureRegistry(say: Say): Promise<void> {
  const wanted = await settings()
  const found = await dockerMaybe('inspect', '--format', format, container)
  if (found === `true ${wanted.digest}` && (await registryAnswers())) return
  const elapsed = stopwatch()
  const kept = found?.endsWith(wanted.digest) && (await dockerMaybe('start', container)) !== undefined
  if (!kept) await create(wanted)
  await untilAnswers()
  say(`registry answers on ${registry.host} ${elapsed()}`)
}

/** For tests of a deploy whose registry is down. */
export async function stopRegistry(): Promise<void> {
  await docker('stop', '-t', '2', container)
}

export async function startRegistry(): Promise<void> {
  await docker('start', container)
  await untilAnswers()
}

/** Removes the container; with `everything`, also what was pushed to it. */
export async function removeRegistry(extent?: 'everything'): Promise<void> {
  await dockerMaybe('rm', '--force', container)
  if (extent) await docker('volume', 'rm', '--force', registryVolume)
}

/** `true <digest>`: whether it runs, and the settings that it was made with. */
const label = 'tracehub-sandbox.settings'
const format = `{{.State.Running}} {{index .Config.Labels "${label}"}}`

interface Settings {
  readonly words: readonly string[]
  /** Changes when a setting or the image's content does. */
  readonly digest: string
}

async function settings(): Promise<Settings> {
  const words = [
    ...['--name', container, '--restart', 'unless-stopped'],
    ...['--publish', `${registry.host}:5000`, '--volume', `${registryVolume}:/var/lib/registry`],
    ...['--env', `REGISTRY_USER=${registry.user}`, '--env', `REGISTRY_PASSWORD=${registry.password}`],
  ]
  const digest = createHash('sha256')
    .update([await imageId(image), ...words].join('\n'))
    .digest('hex')
  return { words, digest }
}

async function create({ words, digest }: Settings): Promise<void> {
  await dockerMaybe('rm', '--force', container) // another one, or one that does not start any more
  await docker('run', '--detach', ...words, '--label', `${label}=${digest}`, image)
}

/** Whether it lets nobody in without the password, and us with it. */
export async function registryAnswers(): Promise<boolean> {
  const login = `Basic ${Buffer.from(`${registry.user}:${registry.password}`).toString('base64')}`
  return (await status({})) === 401 && (await status({ authorization: login })) === 200
}

/** By a request of its own: with fetch, a registry that went in mid-answer once left a promise that nothing kept waiting for. */
function status(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise(resolve => {
    const asked = request(`http://${registry.host}/v2/`, { headers, agent: false, timeout: 1000 })
    asked.once('response', response => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.once('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', () => resolve(undefined)) // nobody listens yet
    asked.end()
  })
}

async function untilAnswers(): Promise<void> {
  const deadline = Date.now() + startTimeout
  while (!(await registryAnswers())) {
    if (Date.now() > deadline)
      throw new Failure({
        what: `the registry on ${registry.host} does not ask for a login and accept ours`,
        fix: `its log says more: docker logs ${container}`,
      })
    await sleep(50)
  }
}
