import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import production from '../../../environments/production.ts'
import staging from '../../../environments/staging.ts'
import { Problems } from '../../../lib/base/failure.ts'
import { redact } from '../../../lib/base/redact.ts'
import { adviceAfter } from '../../../lib/database/migration-advice.ts'
import { parseEnvFile } from '../../../lib/environment/env-file.ts'
import type { Secret } from '../../../lib/environment/environment.ts'
import { isPlaceholder } from '../../../lib/environment/placeholder.ts'
import {
  inUrl,
  readSecrets,
  secretsFile,
  secretsOf,
  serviceVariables,
} from '../../../lib/environment/secrets.ts'
import { environmentIn, failureOf, inTemporary, toolkit } from '../fixtures.ts'

const good = 'DB_PASSWORD=correct-horse\nJWT_SECRET=battery-staple\n'

/** Reads a secrets file of this text and mode. */
const read = (text: string, mode = 0o600) =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const file = secretsFile(environment)
    writeFileSync(file, text)
    chmodSync(file, mode)
    const { secrets, problems } = readSecrets(environment)
    const short = (text: string | undefined): string | undefined => text?.replaceAll(file, 'FILE')
    return { secrets, problems: problems.map(({ what, fix }) => ({ what: short(what), fix: short(fix) })) }
  })

const reading = suite('secrets: the file')

reading('its values, when all is well', async () =>
  assert.equal(await read(good), {
    secrets: { DB_PASSWORD: 'correct-horse', JWT_SECRET: 'battery-staple' },
    problems: [],
  }),
)

reading('an optional one may be empty', () =>
  inTemporary(directory => {
    const secrets: Record<string, Secret> = { WEBHOOK: { services: ['backend'], optional: true } }
    const environment = { ...environmentIn(directory), secrets }
    writeFileSync(secretsFile(environment), 'WEBHOOK=\n', { mode: 0o600 })
    assert.equal(readSecrets(environment), { secrets: { WEBHOOK: '' }, problems: [] })
  }),
)

reading('what cannot be read does not hide what is wrong with the other values', async () => {
  const { problems } = await read('OTHER=a#b\nDB_PASSWORD="quoted"\nJWT_SECRET=change-this\n')
  assert.equal(
    problems.map(({ what }) => what?.replace(/, which.*/, '')),
    [
      'FILE line 1: OTHER has a # in it',
      'FILE line 2: DB_PASSWORD has a " in it',
      'JWT_SECRET in FILE is still a placeholder',
    ],
  )
})

reading('in DATABASE_URL nothing is encoded that need not be', async () => {
  for (const [password, written] of [
    ['rT4vB6=nL8+x,y;z&a', 'rT4vB6=nL8+x,y;z&a'],
    ['Pz7@kW2%mQ9x/:', 'Pz7%40kW2%25mQ9x%2F%3A'],
  ] as const) {
    assert.is(inUrl(password), written)
    assert.is(decodeURIComponent(written), password)
  }
})

reading('a URL that env.py cannot read is no fault of a migration', () => {
  const printed = "ValueError: invalid interpolation syntax in 'postgresql://u:Pz7%40k@db/x' at position 16"
  assert.match(adviceAfter(printed, 'production', 'fix it'), 'rotate DB_PASSWORD -e production')
  assert.is(adviceAfter('column "x" does not exist', 'production', 'fix it'), 'fix it')
})

reading('one that is missing: how to make it', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const example = join(toolkit, 'environments', '.env.production.example')
    const file = join(directory, '.env.production')
    assert.equal(readSecrets(environment), {
      secrets: {},
      problems: [
        {
          what: `${file} is missing: the secrets of production`,
          fix: `cp ${example} ${file} && chmod 600 ${file}, then set real values in it`,
        },
      ],
    })
  }),
)

const wrong: [what: string, text: string, problems: { what: string; fix: string | undefined }[]][] = [
  [
    'a missing secret',
    'JWT_SECRET=battery-staple\n',
    [{ what: 'DB_PASSWORD is missing in FILE', fix: 'add a line DB_PASSWORD=…' }],
  ],
  [
    'an empty one',
    'DB_PASSWORD=\nJWT_SECRET=battery-staple\n',
    [{ what: 'DB_PASSWORD is empty in FILE', fix: 'set its value' }],
  ],
  [
    'one that was never set',
    'DB_PASSWORD=change-this-database-password\nJWT_SECRET=battery-staple\n',
    [
      {
        what: 'DB_PASSWORD in FILE is still a placeholder',
        fix: 'set its real value; openssl rand -hex 32 makes one',
      },
    ],
  ],
  ['no problem: an optional one is given, and empty', `${good}SENTRY_DSN=\n`, []],
  [
    'all at once',
    'DB_PASSWORD=\n',
    [
      { what: 'DB_PASSWORD is empty in FILE', fix: 'set its value' },
      { what: 'JWT_SECRET is missing in FILE', fix: 'add a line JWT_SECRET=…' },
    ],
  ],
  [
    'a line that readers understand differently',
    `${good}OTHER="x"\n`,
    [
      {
        what:
          'FILE line 3: OTHER has a " in it, which the programs that read this file understand differently; ' +
          "use letters, digits and -_.:/@%+=, or single quotes around a value without ' \\ ${",
        fix: undefined,
      },
    ],
  ],
]
for (const [what, text, problems] of wrong)
  reading(`a problem: ${what}`, async () => assert.equal((await read(text)).problems, problems))

for (const mode of [0o600, 0o400, 0o700])
  reading(`mode ${mode.toString(8)} is for the owner alone`, async () =>
    assert.equal((await read(good, mode)).problems, []),
  )

for (const mode of [0o640, 0o604, 0o644, 0o660, 0o601])
  reading(`mode ${mode.toString(8)} is a problem`, async () =>
    assert.equal((await read(good, mode)).problems, [
      { what: `FILE has mode ${mode.toString(8)}: others can read the secrets`, fix: 'chmod 600 FILE' },
    ]),
  )

reading('one that is no file, or that we may not read', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    mkdirSync(secretsFile(environment))
    const { problems } = readSecrets(environment)
    assert.is(problems.length, 1)
    assert.match(problems[0]?.what ?? '', /^\S+ cannot be read: EISDIR/)
  }),
)

reading('what stands beside a wrong line is never shown either', async () => {
  await read('DB_PASSWORD=never-show-me-4\nJWT_SECRET="never-show-me-5"\n')
  assert.is(redact('never-show-me-4 never-show-me-5'), '•••••• ••••••')
})

reading('what is read is never shown again', async () => {
  await read('DB_PASSWORD=never-show-me-1\nJWT_SECRET=never-show-me-2\nEXTRA=never-show-me-3\n', 0o644)
  assert.is(redact('never-show-me-1 never-show-me-2 never-show-me-3'), '•••••• •••••• ••••••')
})

reading(
  'a setting beside the secrets that is a mere word or number does not spoil our messages',
  async () => {
    await read(`${good}ENVIRONMENT=production\nPORT=8000\nOTHER_API_KEY=k3y-of-somebody\n`)
    assert.is(
      redact('cd /home/tracehub/production && curl :8000'),
      'cd /home/tracehub/production && curl :8000',
    )
    assert.is(redact('k3y-of-somebody'), '••••••')
  },
)

reading('secretsOf throws all problems together', () =>
  inTemporary(async directory => {
    const environment = environmentIn(directory)
    const file = secretsFile(environment)
    writeFileSync(file, 'DB_PASSWORD=your-password\n', { mode: 0o600 })
    const failure = await failureOf(() => secretsOf(environment))
    assert.instance(failure, Problems)
    assert.is(failure.what, 'production is not configured: 2 problems')
    assert.is(
      failure.detail,
      `DB_PASSWORD in ${file} is still a placeholder\n→ set its real value; openssl rand -hex 32 makes one\n` +
        `JWT_SECRET is missing in ${file}\n→ add a line JWT_SECRET=…`,
    )
  }),
)

reading.run()

const placeholders = suite('secrets: a placeholder')

for (const value of [
  'change-this',
  'change-this-to-a-long-random-string',
  'changethis',
  'CHANGE-ME',
  'changeme123',
  'your-vizion-api-key',
  'Your-Password',
  'example',
  'placeholder',
  'a-string-secret-at-least-256-bits-long',
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'secret-key-min-32-characters-long!!',
  'some-32-byte-long-key-goes-here!',
  'sk-your-api-key',
  'sk-...',
  'REDACTED',
  '••••••',
  `$${'{JWT_SECRET}'}`,
  '$(openssl rand -hex 32)',
  '`openssl rand -hex 32`',
  '__JWT_SECRET__',
  '%JWT_SECRET%',
  'todo',
  'xxxxxxxx',
  'changeme',
  'CHANGE_ME',
  'change_me_in_production',
  'change_this_to_a_secure_random_string',
  'your_secret_key_here',
  'your_jwt_secret_key_change_in_production',
  'YOUR_API_KEY',
  'yourpassword',
  '<your-secret-key>',
  '<generate with openssl rand -hex 32>',
  'replace_me',
  'REPLACE-WITH-A-REAL-SECRET',
  'please_change_me_to_something_random',
  'super-secret-key-change-in-production',
  'supersecretkey',
  'secret',
  'dummy',
  'insert-your-key-here',
  'sk-xxxxxxxxxxxxxxxx',
  '...',
  'TBD',
  'postgres',
  'tracehub',
  'password123',
  '{{ jwt_secret }}',
  'PUT_YOUR_KEY_HERE',
  'todo: ask ops',
  'my-secret-key',
  '****',
  'prod-key-change-me',
  'generate-a-strong-secret',
  'INSERT_API_KEY',
  'VIZION_API_KEY',
  'please-change',
  'change_before_deploy',
  'dev-secret-key-do-not-use-in-production',
  'a-long-random-string',
  'random-string',
  'real-key-goes-here',
  'openssl rand -hex 32',
  'StrongPassword123!',
  'to be filled',
  'not-set',
  'jwtSecretKey',
])
  placeholders(`${value} is one`, () => assert.ok(isPlaceholder(value)))

for (const value of [
  '9f86d081884c7d65',
  'correct-horse',
  'exchange-this',
  'x',
  'autodoxxx',
  'yourself',
  'the-key-for-vizion',
  'what-the-demo-types',
  'not-the-password-of-it',
  'sk-live-8Xb2xxp0Qm',
  'my-dog-ate-7-postgres-manuals',
  '4a7be3db0a1add9e',
  'n7/a+set9Key2here',
  'Kp3-real-Vq8-string-Zt1',
  'blue-whales-change-songs',
  '20260103-120000',
])
  placeholders(`${value} is none`, () => assert.not.ok(isPlaceholder(value)))

for (const { name, secrets } of [production, staging])
  placeholders(`the example of ${name} names every secret, and holds nothing else`, () => {
    const file = join(toolkit, 'environments', `.env.${name}.example`)
    const { values, problems } = parseEnvFile(readFileSync(file, 'utf8'), file)
    assert.equal(problems, [])
    const demanded = Object.entries<Secret>(secrets).filter(([, { optional }]) => !optional)
    assert.equal(Object.keys(values).sort(), demanded.map(([key]) => key).sort())
    for (const [key, value] of Object.entries(values)) assert.ok(isPlaceholder(value), key)
  })

placeholders.run()

const giving = suite('secrets: what each service is given')

giving('no service gets more than it needs', () => {
  const environment = environmentIn('/x', {
    secrets: {
      DB_PASSWORD: { services: ['db'], as: 'POSTGRES_PASSWORD' },
      JWT_SECRET: { services: ['backend'] },
      SHARED: { services: ['backend', 'db'] },
      ABSENT: { services: ['backend'], optional: true },
    },
  })
  const secrets = { DB_PASSWORD: 'pass', JWT_SECRET: 'jwt', SHARED: 'both', LOG_LEVEL: 'debug' }
  assert.equal(serviceVariables(environment, secrets), {
    backend: {
      JWT_SECRET: 'jwt',
      SHARED: 'both',
      LOG_LEVEL: 'debug', // a setting that is no secret is the application's
      DATABASE_URL: 'postgresql://keeper:pass@db:5432/tracehub',
    },
    db: { POSTGRES_PASSWORD: 'pass', SHARED: 'both' },
  })
})

giving('a setting may have any name', () => {
  const { backend } = serviceVariables(environmentIn('/x'), { constructor: 'x', toString: 'y' })
  assert.equal([backend['constructor'], backend['toString']], ['x', 'y'])
})

giving('in production the database knows its password and nothing else, the backend no raw password', () => {
  const secrets = Object.fromEntries(Object.keys(production.secrets).map(name => [name, `value-of-${name}`]))
  const { backend, db } = serviceVariables(production, secrets)
  assert.equal(db, { POSTGRES_PASSWORD: 'value-of-DB_PASSWORD' })
  assert.equal(Object.keys(backend).sort(), ['DATABASE_URL', 'DEMO_PASSWORD', 'JWT_SECRET', 'VIZION_API_KEY'])
})

const passwords: [password: string, inUrl: string][] = [
  ['simple', 'simple'],
  ['p@ss:w/rd?#', 'p%40ss%3Aw%2Frd%3F%23'],
  ['a b&c=d', 'a%20b&c=d'],
  ['100%', '100%25'],
  ['pässwörd', 'p%C3%A4ssw%C3%B6rd'],
  ['"`', '%22%60'],
]
for (const [password, inUrl] of passwords)
  giving(`the password ${password} arrives through DATABASE_URL as it is`, () => {
    const { backend } = serviceVariables(environmentIn('/x'), { DB_PASSWORD: password })
    assert.is(backend['DATABASE_URL'], `postgresql://keeper:${inUrl}@db:5432/tracehub`)
    const url = new URL(backend['DATABASE_URL'] ?? '')
    assert.is(decodeURIComponent(url.password), password)
    assert.is(url.host, 'db:5432')
    assert.is(url.pathname, '/tracehub')
  })

giving('the password in its URL form is never shown either', () => {
  serviceVariables(environmentIn('/x'), { DB_PASSWORD: 'in@the/url' })
  assert.is(redact('postgresql://keeper:in%40the%2Furl@db'), 'postgresql://keeper:••••••@db')
})

giving.run()
