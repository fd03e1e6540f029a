import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseServices } from '../../../../lib/operations/adopt/service.ts'
import { servicesOf, type Told, toldBy, tracehub } from './old-stacks.ts'

const only = (told: Told) => {
  const [service] = servicesOf({ one: told })
  assert.ok(service)
  return service
}

const reading = suite('adopt: a service as its container runs')

reading('all that is looked at', () => {
  const { container, ...service } = only({
    image: 'ghcr.io/acme/one:main-1',
    brings: { PATH: '/bin', LANG: 'C' },
    env: { LANG: 'C.UTF-8', EMPTY: '', URL: 'a=b' },
    cmd: ['uvicorn', 'app'],
    imageCmd: ['gunicorn'],
    mounts: [
      ['volume', 'old_data', '/data'],
      ['bind', '/srv/x', '/x'],
    ],
    ports: ['0.0.0.0:80:8000', '127.0.0.1:9000:9000'],
    needs: ['db', 'redis'],
    health: 'curl -fs http://localhost:8000/health || exit 1',
  })
  assert.equal(
    [container.name, container.image, container.health],
    ['old-one', 'ghcr.io/acme/one:main-1', 'healthy'],
  )
  const { labels: _, imageId: __, ...rest } = service
  assert.equal(rest, {
    ...{ name: 'one', replicas: 1, restart: 'unless-stopped', isLocal: false, hasOwnCommand: true },
    variables: { PATH: '/bin', LANG: 'C.UTF-8', EMPTY: '', URL: 'a=b' },
    own: { LANG: 'C.UTF-8', EMPTY: '', URL: 'a=b' },
    command: ['uvicorn', 'app'],
    mounts: [
      { target: '/data', source: 'old_data', type: 'volume' },
      { target: '/x', source: '/srv/x', type: 'bind' },
    ],
    ports: [
      { inside: 8000, host: 80, address: '0.0.0.0' },
      { inside: 9000, host: 9000, address: '127.0.0.1' },
    ],
    networks: ['old_default'],
    dependsOn: ['db', 'redis'],
    health: { path: '/health', port: 8000 },
  })
})

const checks: [words: string, health: object][] = [
  ['pg_isready -U tracehub', {}],
  ['curl -f http://localhost/health', { port: 80, path: '/health' }],
  [
    'python -c "import urllib.request as u; u.urlopen(\'http://127.0.0.1:8000/api/ready?deep=1\')"',
    { port: 8000, path: '/api/ready?deep=1' },
  ],
  ['wget -qO- https://localhost:8443 || exit 1', { port: 8443, path: undefined }],
]
for (const [words, health] of checks)
  reading(`a health check: ${words}`, () => assert.equal(only({ health: words }).health, health))

reading('two containers of a service are one service, the newest', () => {
  const [backend, , ...more] = servicesOf(tracehub, 'backend')
  assert.equal(
    [backend?.name, backend?.replicas, backend?.container.id.endsWith('1'), more.length],
    ['backend', 2, true, 1],
  )
})

reading('an image that is gone, or was built here', () => {
  const [gone] = parseServices(toldBy({ one: { env: { A: '1' } } }).containers, '[]')
  assert.equal([gone?.isLocal, gone?.hasOwnCommand, gone?.own], [false, false, { A: '1' }])
  assert.is(only({ digests: [] }).isLocal, true)
})

reading.run()
