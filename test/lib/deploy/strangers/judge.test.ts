import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { strangersAmong } from '../../../../lib/deploy/strangers/judge.ts'
import type { Claims, Seen } from '../../../../lib/deploy/strangers/look.ts'
import type { FoundContainer, FoundVolume, Surroundings } from '../../../../lib/docker/surroundings.ts'

const claims: Claims = {
  project: 'tracehub-production',
  directories: ['/home/tracehub/production', '/disk/production'],
  containers: ['tracehub-db-prod', 'tracehub-proxy-prod', 'tracehub-backend-blue-prod'],
  services: ['db', 'proxy', 'backend-blue'],
  networks: ['blue', 'green'],
  volume: 'tracehub-production_db-data',
}
const nothing: Seen = { files: [], isBegun: false, projects: ['production'], databases: [] }
const pinned = `postgres@sha256:${'0'.repeat(64)}`

const container = (name: string, more: Partial<FoundContainer> = {}): FoundContainer => ({
  ...{ name, project: '', key: '', image: 'postgres:15', status: 'running', directory: '', volumes: [] },
  ...more,
})
const ours = container('tracehub-db-prod', {
  ...{ project: 'tracehub-production', key: 'db', image: pinned, directory: '/disk/production' },
  volumes: ['tracehub-production_db-data'],
})
const volume = (name: string, project = ''): FoundVolume => ({ name, project, key: '', path: name })
const network = (name: string, project: string, key: string) => ({ name, project, key })

/** What is found, as `kind name`, with a `!` where it is in the way; every volume but `empty` holds a database. */
const found = (around: Partial<Surroundings>, seen: Partial<Seen> = {}, claimed: Claims = claims): string[] =>
  strangersAmong(
    claimed,
    { ...nothing, ...seen },
    { containers: [], volumes: [], networks: [], ...around },
    ({ name }) => (name === 'empty' ? undefined : 'PostgreSQL 15'),
  ).map(({ kind, name, isInTheWay }) => `${kind} ${name}${isInTheWay ? '!' : ''}`)

const judging = suite('strangers: what a first deploy would meet')

judging('an empty machine, and what an earlier first deploy of ours has left, are nobody else’s', () => {
  assert.equal(found({}), [])
  const left = {
    containers: [ours],
    volumes: [volume('tracehub-production_db-data', 'tracehub-production')],
    networks: [network('tracehub-production_blue', 'tracehub-production', 'blue')],
  }
  assert.equal(found(left), [])
  assert.equal(found({ ...left, containers: [] }, { isBegun: true }), [])
})

judging('another environment on the machine, and another application, do not matter', () =>
  assert.equal(
    found({
      containers: [
        container('tracehub-db-staging', { project: 'tracehub-staging', key: 'db', directory: '/x/staging' }),
        container('shop-db', { project: 'production', directory: '/srv/production', volumes: ['shop'] }),
      ],
      volumes: [volume('tracehub-staging_db-data', 'tracehub-staging'), volume('shop', 'production')],
      networks: [network('shop_default', 'shop', 'default')],
    }),
    [],
  ),
)

const cases: [title: string, around: Partial<Surroundings>, found: string[]][] = [
  [
    'a container with a name of ours',
    { containers: [container('tracehub-proxy-prod')] },
    ['container tracehub-proxy-prod!'],
  ],
  [
    'a container of our project that was started elsewhere',
    { containers: [{ ...ours, name: 'x', directory: '/elsewhere', volumes: [] }] },
    ['container x!'],
  ],
  [
    'one of our project, our directory and a service of ours, from a tag that somebody typed',
    { containers: [{ ...ours, image: 'postgres:15', volumes: [] }] },
    ['container tracehub-db-prod!'],
  ],
  [
    'a stack in our directory with names of its own, its database by the container that uses it',
    {
      containers: [
        container('a-db', { project: 'a', directory: '/home/tracehub/production', volumes: ['v'] }),
      ],
      volumes: [volume('v'), volume('a_old', 'a'), volume('empty', 'a')],
    },
    ['container a-db', 'volume v', 'volume a_old'],
  ],
  [
    'a database of a stack that is gone, by the name of its project',
    { volumes: [volume('production_data', 'production'), volume('other_data', 'other')] },
    ['volume production_data'],
  ],
  [
    'a database in the volume that would be ours, and no deploy of ours had begun',
    { volumes: [volume('tracehub-production_db-data')] },
    ['volume tracehub-production_db-data'],
  ],
  [
    'networks of our project that are not ours, and one that has our name',
    {
      networks: [
        network('tracehub-production_default', 'tracehub-production', 'default'),
        network('tracehub-production_green', '', ''),
      ],
    },
    ['network tracehub-production_default', 'network tracehub-production_green!'],
  ],
]
for (const [title, around, expected] of cases) judging(title, () => assert.equal(found(around), expected))

judging('files, and databases in the directory', () =>
  assert.equal(found({}, { files: ['.env'], databases: [['data', 'PostgreSQL 15']] }), [
    'file .env',
    'directory data',
  ]),
)

judging('a place without a database looks at no volume', () => {
  const edge = { ...claims, volume: undefined }
  assert.equal(found({ volumes: [volume('production_data', 'production')] }, {}, edge), [])
})

judging.run()
