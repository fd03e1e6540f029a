import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { databaseMemory } from '../../../lib/deploy/service-changes.ts'
import {
  type ComposeState,
  makeDirectories,
  readComposeState,
  renewDatabaseFile,
  restoreFiles,
  shipFiles,
  shipMissingFiles,
  writeComposeState,
} from '../../../lib/environment/directory.ts'
import { parseEnvFile } from '../../../lib/environment/env-file.ts'
import { environmentIn, image, images, inTemporary, toolkit } from '../fixtures.ts'

const mode = (...path: string[]): string => (statSync(join(...path)).mode & 0o777).toString(8)

const making = suite('directory: what stands in it')

making('the documented directories, and those of the toolkit; the second time changes nothing', () =>
  inTemporary(directory => {
    const environment = environmentIn(join(directory, 'production'))
    makeDirectories(environment)
    writeFileSync(join(environment.directory, 'uploads', 'kept'), 'x')
    makeDirectories(environment)
    assert.equal(readdirSync(environment.directory).sort(), ['backups', 'logs', 'proxy', 'uploads'])
    assert.equal(readdirSync(join(environment.directory, 'uploads')), ['kept'])
    assert.is(mode(environment.directory, 'logs', 'runs'), '700')
    assert.is(mode(environment.directory, 'proxy', 'run'), '700')
  }),
)

making("the proxy's sockets are for the owner alone, also where the directory was open", () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    mkdirSync(join(directory, 'proxy', 'run'), { recursive: true, mode: 0o777 })
    makeDirectories(environment)
    assert.is(mode(directory, 'proxy', 'run'), '700')
    if (process.getuid?.() === 0) assert.is(statSync(join(directory, 'proxy', 'run')).uid, 99)
  }),
)

making('the database gets the memory that a restart of it counts on', () =>
  assert.match(
    readFileSync(join(toolkit, 'environments', 'docker-compose.yml'), 'utf8'),
    `mem_limit: ${databaseMemory / 1024 ** 3}G #`,
  ),
)

making('what the proxy reads it may read, whatever the umask', () =>
  inTemporary(directory => {
    const before = process.umask(0o077)
    try {
      const environment = environmentIn(directory)
      makeDirectories(environment)
      shipFiles(environment, secrets)
    } finally {
      process.umask(before)
    }
    for (const path of ['proxy/haproxy.cfg', 'proxy/503.http']) assert.is(mode(directory, path), '644')
    assert.is(mode(directory, 'proxy'), '755')
  }),
)

const secrets = { DB_PASSWORD: 'p@ss word#1', JWT_SECRET: '  "quoted"  ' }
const settings = ['docker-compose.yml', 'proxy/haproxy.cfg', 'proxy/503.http']

making('the compose file, the proxy and the secrets of each service; only what changed is named', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    makeDirectories(environment)
    const names = (): string[] => shipFiles(environment, secrets).map(({ name }) => name)
    assert.equal(names(), [...settings, '.env.backend', '.env.db'])
    for (const name of settings)
      assert.is(
        readFileSync(join(directory, name), 'utf8'),
        readFileSync(join(toolkit, 'environments', name), 'utf8'),
      )
    assert.equal(names(), [])
    writeFileSync(join(directory, 'proxy', 'haproxy.cfg'), 'changed by hand')
    const changedAt = statSync(join(directory, 'proxy', 'haproxy.cfg')).mtimeMs
    assert.equal(shipFiles(environment, secrets), [
      { name: 'proxy/haproxy.cfg', mode: 0o644, before: 'changed by hand', changedAt },
    ])
    assert.equal(names(), [])
  }),
)

making('a secret that changed changes the file of the service that is given it, and no other', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    makeDirectories(environment)
    shipFiles(environment, secrets)
    const changed = shipFiles(environment, { ...secrets, JWT_SECRET: 'another' })
    assert.equal(
      changed.map(({ name }) => name),
      ['.env.backend'],
    )
  }),
)

making('the secrets of a service are its own, and for the owner alone', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    makeDirectories(environment)
    shipFiles(environment, secrets)
    assert.is(mode(directory, '.env.backend'), '600')
    assert.is(mode(directory, '.env.db'), '600')
    const comment = '# Made from .env.production at every deploy: change that file, not this one.\n'
    assert.is(readFileSync(join(directory, '.env.db'), 'utf8'), `${comment}POSTGRES_PASSWORD='p@ss word#1'\n`)
    assert.is(
      readFileSync(join(directory, '.env.backend'), 'utf8'),
      `${comment}JWT_SECRET='  "quoted"  '\nDATABASE_URL=postgresql://keeper:p%40ss%20word%231@db:5432/tracehub\n`,
    )
    for (const name of ['.env.backend', '.env.db'])
      assert.equal(parseEnvFile(readFileSync(join(directory, name), 'utf8'), name).problems, [])
  }),
)

making('secrets that somebody opened to others are closed again', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    makeDirectories(environment)
    shipFiles(environment, secrets)
    chmodSync(join(directory, '.env.backend'), 0o644)
    assert.equal(shipFiles(environment, secrets), [])
    assert.is(mode(directory, '.env.backend'), '600')
  }),
)

making(
  'the password that the database was set up with stays in its file until its container is made anew',
  () =>
    inTemporary(directory => {
      const environment = environmentIn(directory)
      makeDirectories(environment)
      shipFiles(environment, secrets)
      const file = join(directory, '.env.db')
      const before = readFileSync(file, 'utf8')
      shipFiles(environment, { ...secrets, DB_PASSWORD: 'new' })
      assert.is(readFileSync(file, 'utf8'), before)
      renewDatabaseFile(environment, { ...secrets, DB_PASSWORD: 'new' })
      assert.is(readFileSync(file, 'utf8'), before.replace("'p@ss word#1'", 'new'))
      assert.is(mode(directory, '.env.db'), '600')
    }),
)

making('a file that is missing is written; what is there stays', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    makeDirectories(environment)
    shipFiles(environment, secrets)
    writeFileSync(join(directory, 'docker-compose.yml'), 'changed by hand')
    rmSync(join(directory, '.env.backend'))
    assert.equal(shipMissingFiles(environment, secrets), ['.env.backend'])
    assert.equal(shipMissingFiles(environment, secrets), [])
    assert.is(readFileSync(join(directory, 'docker-compose.yml'), 'utf8'), 'changed by hand')
  }),
)

making('what changed can be put back as it was', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    makeDirectories(environment)
    shipFiles(environment, secrets)
    const names = readdirSync(directory)
    const texts = (): string[] =>
      [...settings, '.env.backend', '.env.db'].map(name => readFileSync(join(directory, name), 'utf8'))
    writeFileSync(join(directory, 'docker-compose.yml'), 'changed by hand')
    const before = texts()
    const changed = shipFiles(environment, { DB_PASSWORD: 'new', JWT_SECRET: 'new' })
    assert.equal(
      changed.map(({ name }) => name),
      ['docker-compose.yml', '.env.backend'],
    )
    restoreFiles(environment, changed)
    assert.equal(texts(), before)
    assert.is(mode(directory, '.env.backend'), '600')
    assert.equal(readdirSync(directory), names)
  }),
)

making.run()

const remembering = suite('directory: what plain docker compose needs')

const services = {
  database: { tag: 'postgres:17', image: image('postgres', 100) },
  proxy: { tag: 'haproxy:3', image: image('haproxy', 101) },
}
const states: [what: string, state: ComposeState][] = [
  ['before the first deploy', { live: null, images: { blue: undefined, green: undefined }, ...services }],
  ['one colour', { live: 'blue', images: { blue: images(1), green: undefined }, ...services }],
  ['both', { live: 'green', images: { blue: images(1), green: images(2) }, ...services }],
  [
    'a candidate, and nobody live',
    { live: null, images: { blue: images(1), green: undefined }, ...services },
  ],
]
for (const [what, state] of states)
  remembering(`${what} comes back as it was`, () =>
    inTemporary(directory => {
      const environment = environmentIn(directory)
      writeComposeState(environment, state)
      assert.equal(readComposeState(environment), state)
      assert.is(mode(directory, '.env'), '600')
      assert.equal(parseEnvFile(readFileSync(join(directory, '.env'), 'utf8'), 'f').problems, [])
    }),
  )

remembering('nothing is known before it was written', () =>
  inTemporary(directory => assert.is(readComposeState(environmentIn(directory)), undefined)),
)

remembering('names what the compose file asks for, and no secret', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    writeComposeState(environment, {
      live: 'blue',
      images: { blue: images(1), green: undefined },
      ...services,
    })
    const values = parse(readFileSync(join(directory, '.env'), 'utf8'))
    assert.equal(values, {
      COMPOSE_PROJECT_NAME: 'tracehub-production',
      COMPOSE_PROFILES: 'blue',
      SUFFIX: 'prod',
      DB_NAME: 'tracehub',
      DB_USER: 'keeper',
      DB_PORT: '5432',
      BACKEND_PORT: '8000',
      FRONTEND_PORT: '3000',
      PROXY_USER: process.getuid?.() === 0 ? '99:99' : `${process.getuid?.()}:${process.getgid?.()}`,
      DB_TAG: 'postgres:17',
      DB_IMAGE: services.database.image,
      PROXY_TAG: 'haproxy:3',
      PROXY_IMAGE: services.proxy.image,
      BACKEND_BLUE_IMAGE: images(1).backend,
      FRONTEND_BLUE_IMAGE: images(1).frontend,
      BACKEND_GREEN_IMAGE: 'none',
      FRONTEND_GREEN_IMAGE: 'none',
    })
    const compose = readFileSync(join(toolkit, 'environments', 'docker-compose.yml'), 'utf8')
    const asked = [...compose.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name = '']) => name)
    for (const name of asked) assert.ok(name in values, `${name} is in docker-compose.yml and not in .env`)
  }),
)

const liveIn: [profiles: string, live: ComposeState['live']][] = [
  ['blue', 'blue'],
  ['green', 'green'],
  ['none', null],
  ['', null],
  ['blue,green', null],
]
for (const [profiles, live] of liveIn)
  remembering(`COMPOSE_PROFILES=${profiles} is ${live}`, () =>
    inTemporary(directory => {
      const environment = environmentIn(directory)
      writeComposeState(environment, {
        live: 'blue',
        images: { blue: images(1), green: undefined },
        ...services,
      })
      const file = join(directory, '.env')
      writeFileSync(file, readFileSync(file, 'utf8').replace('PROFILES=blue', `PROFILES=${profiles}`))
      assert.is(readComposeState(environment)?.live, live)
    }),
  )

const damages: [what: string, damage: (text: string) => string][] = [
  ['empty', () => ''],
  ['cut off in the middle', text => text.slice(0, text.length / 2)],
  ['cut off within its last digest', text => text.replace(/[0-9a-f]{9}\n$/, '')],
  ['zeroes, as after a power cut', text => '\0'.repeat(text.length)],
  ['without the database', text => text.replace(/^DB_IMAGE=.*\n/m, '')],
  ['with an image that is not pinned', text => text.replace(/^PROXY_IMAGE=.*$/m, 'PROXY_IMAGE=haproxy:3')],
]
for (const [what, damage] of damages)
  remembering(`${what}: it is as if it was lost`, () =>
    inTemporary(directory => {
      const environment = environmentIn(directory)
      writeComposeState(environment, {
        live: 'blue',
        images: { blue: images(1), green: images(2) },
        ...services,
      })
      const file = join(directory, '.env')
      writeFileSync(file, damage(readFileSync(file, 'utf8')))
      assert.is(readComposeState(environment), undefined)
    }),
  )

remembering.run()
