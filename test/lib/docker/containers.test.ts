import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Condition,
  type Container,
  conditionOf,
  parseContainers,
  parseVariables,
} from '../../../lib/docker/containers.ts'

const reading = suite('containers: what docker inspect says')

/** As Docker 20 to 28 print it, shortened to what matters and one member of each kind that does not. */
const inspected = {
  Id: 'f00d'.repeat(16),
  Created: '2026-01-03T12:00:00.000000000Z',
  Name: '/tracehub-backend-green-prod',
  RestartCount: 1,
  State: {
    Status: 'running',
    Running: true,
    OOMKilled: false,
    ExitCode: 0,
    StartedAt: '2026-01-03T12:00:01.5Z',
    Health: {
      Status: 'unhealthy',
      FailingStreak: 2,
      Log: [
        { Start: '2026-01-03T12:00:01Z', ExitCode: 0, Output: 'ok' },
        { Start: '2026-01-03T12:00:04Z', ExitCode: 1, Output: 'Traceback\nHTTP Error 503\n' },
      ],
    },
  },
  Config: {
    Image: 'registry.example/backend@sha256:00',
    Labels: { 'com.docker.compose.service': 'backend-green', 'com.docker.compose.oneoff': 'False' },
    Healthcheck: { Test: ['CMD', 'pg_isready', '--quiet'], Interval: 5e9 },
  },
  NetworkSettings: {
    Networks: { green: { IPAddress: '172.18.0.3' }, blue: { IPAddress: '172.19.0.2' } },
  },
}

const read: Container = {
  id: 'f00d'.repeat(16),
  name: 'tracehub-backend-green-prod',
  service: 'backend-green',
  image: 'registry.example/backend@sha256:00',
  status: 'running',
  health: 'unhealthy',
  restarts: 1,
  startedAt: Date.UTC(2026, 0, 3, 12, 0, 1, 500),
  exitCode: 0,
  oomKilled: false,
  addresses: ['172.18.0.3', '172.19.0.2'],
  lastCheck: 'Traceback\nHTTP Error 503',
  healthCommand: ['pg_isready', '--quiet'],
}

reading('all that we look at', () => assert.equal(parseContainers(JSON.stringify([inspected])), [read]))

reading('no container', () => assert.equal(parseContainers('[]\n'), []))

const withHealthcheck = (Healthcheck: unknown): object => ({ Config: { ...inspected.Config, Healthcheck } })
const variants: [what: string, changed: object, expected: Partial<Container>][] = [
  [
    'a health check for the shell',
    withHealthcheck({ Test: ['CMD-SHELL', 'wget a || curl b'] }),
    { healthCommand: ['/bin/sh', '-c', 'wget a || curl b'] },
  ],
  ['a health check that is switched off', withHealthcheck({ Test: ['NONE'] }), { healthCommand: [] }],
  ['a health check of the image without words', withHealthcheck({}), { healthCommand: [] }],
  ['no word of a health check', withHealthcheck(undefined), { healthCommand: [] }],
  [
    'no health check',
    { State: { ...inspected.State, Health: undefined } },
    { health: 'none', lastCheck: '' },
  ],
  [
    'an old way to say so',
    { State: { ...inspected.State, Health: null } },
    { health: 'none', lastCheck: '' },
  ],
  [
    'a health check that has not run yet',
    { State: { ...inspected.State, Health: { Status: 'starting', Log: [] } } },
    { health: 'starting', lastCheck: '' },
  ],
  [
    'a health check without a log',
    { State: { ...inspected.State, Health: { Status: 'starting', Log: null } } },
    { health: 'starting', lastCheck: '' },
  ],
  [
    'nanoseconds, as the engine prints them',
    { State: { ...inspected.State, StartedAt: '2026-01-03T12:00:01.500000001Z' } },
    {},
  ],
  [
    'a container of somebody else',
    { Config: { Image: 'x', Labels: null } },
    { service: '', image: 'x', healthCommand: [] },
  ],
  ['no networks', { NetworkSettings: { Networks: null } }, { addresses: [] }],
  [
    'a stopped container has networks and no address',
    { NetworkSettings: { Networks: { green: { IPAddress: '' } } } },
    { addresses: [] },
  ],
]
for (const [what, changed, expected] of variants)
  reading(what, () =>
    assert.equal(parseContainers(JSON.stringify([{ ...inspected, ...changed }])), [{ ...read, ...expected }]),
  )

reading.run()

const variables = suite('containers: the variables of a program')

variables('a value may have an equals sign, several lines or nothing in it', () =>
  assert.equal(parseVariables('["A=1","URL=postgresql://u:p@db/x?a=b","KEY=one\\ntwo","EMPTY=","BARE"]'), {
    ...{ A: '1', URL: 'postgresql://u:p@db/x?a=b', KEY: 'one\ntwo' },
    EMPTY: '',
  }),
)
variables('an image may have none', () => assert.equal(parseVariables('null'), {}))

variables.run()

const judging = suite('containers: can it serve?')

const healthy: Partial<Container> = { status: 'running', health: 'healthy', lastCheck: '' }
const said = 'unhealthy: GET / answered "healthy"'

const conditions: [what: string, container: Partial<Container>, condition: Condition][] = [
  ['healthy', healthy, { is: 'healthy' }],
  ['no health check, running', { health: 'none' }, { is: 'healthy' }],
  ['healthy after restarts of long ago', { ...healthy, restarts: 5 }, { is: 'healthy' }],
  [
    'unhealthy has "healthy" in it',
    { health: 'unhealthy', lastCheck: '' },
    { is: 'failed', why: 'is unhealthy' },
  ],
  [
    'unhealthy, whatever its check says',
    { health: 'unhealthy', lastCheck: `x\n${said}` },
    { is: 'failed', why: `is unhealthy; its last health check said: ${said}` },
  ],
  [
    'starting, whatever its check says',
    { health: 'starting', lastCheck: 'healthy' },
    { is: 'starting', why: 'is not healthy yet; its last health check said: healthy' },
  ],
  ['starting', { health: 'starting', lastCheck: '' }, { is: 'starting', why: 'is not healthy yet' }],
  ['created', { status: 'created', health: 'starting' }, { is: 'starting', why: 'is created' }],
  ['paused, and healthy before', { ...healthy, status: 'paused' }, { is: 'starting', why: 'is paused' }],
  ['being removed', { ...healthy, status: 'removing' }, { is: 'starting', why: 'is removing' }],
  ['its first restart', { status: 'restarting', exitCode: 1 }, { is: 'starting', why: 'is restarting' }],
  [
    'a crash loop, between two tries',
    { status: 'restarting', restarts: 2, exitCode: 3 },
    { is: 'failed', why: 'has crashed 3 times, exit code 3' },
  ],
  [
    'a crash loop, during a try: the engine says 0 meanwhile',
    { status: 'running', health: 'starting', restarts: 2, exitCode: 0 },
    { is: 'failed', why: 'has crashed 3 times' },
  ],
  [
    'killed for its memory',
    { status: 'exited', oomKilled: true, exitCode: 137 },
    { is: 'failed', why: 'was killed for using more memory than its limit' },
  ],
  [
    'killed for its memory, again and again',
    { status: 'restarting', oomKilled: true, restarts: 7, exitCode: 137 },
    { is: 'failed', why: 'was killed for using more memory than its limit' },
  ],
  [
    'stopped, and healthy before',
    { ...healthy, status: 'exited', exitCode: 0 },
    { is: 'failed', why: 'has stopped with exit code 0' },
  ],
  ['stopped', { status: 'exited', exitCode: 1 }, { is: 'failed', why: 'has stopped with exit code 1' }],
  ['dead', { status: 'dead', exitCode: 255 }, { is: 'failed', why: 'has stopped with exit code 255' }],
]
for (const [what, changed, condition] of conditions)
  judging(what, () => assert.equal(conditionOf({ ...read, restarts: 0, ...changed }), condition))

judging.run()
