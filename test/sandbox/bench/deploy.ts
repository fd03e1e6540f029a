import { Failure } from '../../../lib/base/failure.ts'
import { run } from '../../../lib/base/shell.ts'
import { registry } from '../build-images.ts'
import { dockerList } from '../docker.ts'
import { deploy, freshEnvironment, lastEvents, url } from '../harness.ts'
import { type Load, startLoad } from '../load/load.ts'
import { environmentNames, removeEnvironment } from '../root.ts'
import { type Entrance, inDocumented, removeDocumented, type Type } from './documented.ts'
import { alternate, type Figure, figure, timed } from './measure.ts'
import { watchVersions } from './versions.ts'

const rounds = 3
/** What users noticed of a deploy, and how long it took until all of them had the new version on its schema, in ms. */
interface Deployed {
  readonly live: number
  readonly whole: number
  readonly failed: number
  readonly gap: number
}

/**
 * From v1 to v2, which brings a migration and whose images are not on the machine yet, under 100 requests a second:
 * the toolkit, the documented commands, `docker compose up -d` and, where DOCKER_ROLLOUT is its path, docker-rollout.
 */
export async function deploys(): Promise<Figure[]> {
  await removeDocumented()
  for (const name of environmentNames) await removeEnvironment(name) // images in use cannot be forgotten
  const switches: number[] = []
  const rollout = process.env['DOCKER_ROLLOUT']
  const took = await alternate(rounds, {
    ours: () => withToolkit(switches),
    parts: () => byOthers('own ports', parts),
    documented: () => byOthers('own ports', byHand('down && docker compose build && docker compose up -d')),
    compose: () => byOthers('own ports', byHand('up -d')),
    ...(rollout && { rollout: () => byOthers('proxy', withRollout(rollout)) }),
  })
  const names = {
    documented: 'documented: pull, down, build, up -d, alembic upgrade head',
    compose: 'pull, docker compose up -d, alembic upgrade head',
    rollout: 'alembic upgrade head, docker-rollout behind a proxy',
  } as const
  const others = (['documented', 'compose', 'rollout'] as const).filter(name => took[name] !== undefined)
  const ours = took.ours.map(({ live }) => live)
  const noticed = (['ours', ...others] as const).map(name => ({
    who: name === 'ours' ? 'the toolkit' : names[name],
    all: took[name] ?? [],
  }))
  return [
    figure('deploy until all users have the new version', 'ms', ours, {
      against: { what: 'the sum of pull, boot and migrate', values: took.parts },
    }),
    ...others.map(name =>
      figure('the same', 'ms', ours, {
        against: { what: names[name], values: (took[name] ?? []).map(({ live }) => live) },
      }),
    ),
    figure(
      'deploy, with the watch afterwards and the end of the old version',
      'ms',
      took.ours.map(({ whole }) => whole),
    ),
    figure('the switch', 'ms', switches),
    ...noticed.map(({ who, all }) =>
      figure(
        `requests that failed: ${who}`,
        'requests',
        all.map(({ failed }) => failed),
        who === 'the toolkit' ? { goal: { atMost: 0 } } : {},
      ),
    ),
    ...noticed.map(({ who, all }) =>
      figure(
        `longest time without an answer: ${who}`,
        'ms',
        all.map(({ gap }) => gap),
      ),
    ),
  ]
}

async function withToolkit(switches: number[]): Promise<Deployed> {
  await freshEnvironment('production')
  try {
    demand(await deploy('production', 'v1'))
    const deployed = await underLoad('v2', 'answers', async () => demand(await deploy('production', 'v2')))
    for (const event of lastEvents('production'))
      if (event.type === 'step-finished' && event.title.startsWith('Switch traffic to'))
        switches.push(event.ms)
    return deployed
  } finally {
    await removeEnvironment('production')
    await forgetImages()
  }
}

function demand({ code, stderr }: { code: number | null; stderr: string }): void {
  if (code !== 0) throw new Failure({ what: `deploy ended with exit code ${code}`, detail: stderr })
}

const upgrade = 'docker compose exec -T backend alembic upgrade head'

const byOthers = <T>(entrance: Entrance, act: (type: Type) => Promise<T>): Promise<T> =>
  inDocumented(entrance, act).finally(forgetImages)

const asked = [`${url('production')}/api/version`, `${url('production', 'frontend')}/health`]

async function begin(type: Type): Promise<void> {
  await type('v1', `docker compose up -d && ${upgrade}`)
  await reached('v1')
}

const byHand =
  (command: string) =>
  async (type: Type): Promise<Deployed> => {
    await begin(type)
    const typed = `docker compose pull -q && docker compose ${command} && ${upgrade}`
    return underLoad('v2', 'command', () => type('v2', typed))
  }

const withRollout =
  (path: string) =>
  async (type: Type): Promise<Deployed> => {
    await begin(type)
    const typed = [
      'docker compose pull -q',
      'docker compose run --rm -T --no-deps backend alembic upgrade head',
      `${path} rollout backend`,
      `${path} rollout frontend`,
    ].join(' && ')
    return underLoad('v2', 'answers', () => type('v2', typed))
  }

/** What nobody can do without, each by itself: the images, a start until both parts answer, the migration. */
async function parts(type: Type): Promise<number> {
  await begin(type)
  const load = await startLoadHere()
  try {
    const pull = await timed(() => type('v2', 'docker compose pull -q'))
    await type('v2', 'docker compose rm --stop --force backend frontend')
    const started = performance.now()
    await type('v2', 'docker compose up -d --no-deps backend frontend')
    const boot = (await reached('v2')) - started
    return pull + boot + (await timed(() => type('v2', upgrade)))
  } finally {
    await load.stop()
  }
}

/** @returns since when that version answers, by performance.now() */
async function reached(version: string): Promise<number> {
  const versions = watchVersions(...asked)
  try {
    return await versions.until(version)
  } finally {
    versions.stop()
  }
}

const startLoadHere = (): Promise<Load> =>
  startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 100,
    kinds: ['keepalive', 'new', 'post', 'slow', 'upload'], // a websocket would make every drain wait for its cap
  })

/** @param end whether users have the new version when its answers say so, or when the command that migrates last is over */
async function underLoad(
  version: string,
  end: 'answers' | 'command',
  act: () => Promise<unknown>,
): Promise<Deployed> {
  const load = await startLoadHere()
  const versions = watchVersions(...asked)
  const started = performance.now()
  try {
    const whole = await timed(act)
    const answers = (await versions.until(version)) - started
    await new Promise(resolve => setTimeout(resolve, 2000)) // what is broken shows itself
    const { totals, longestGapMs } = await load.stop()
    const live = end === 'command' ? Math.max(whole, answers) : answers
    return { live, whole, failed: totals.failed, gap: longestGapMs }
  } finally {
    versions.stop()
    await load.stop()
  }
}

/** The next one has to pull them as well. */
async function forgetImages(): Promise<void> {
  const reference = `reference=${registry.host}/tracehub/*`
  const ids = await dockerList('images', '--quiet', '--no-trunc', '--filter', reference)
  if (ids.length > 0) await run(['docker', 'rmi', '--force', ...new Set(ids)])
}
