import { parse } from 'dotenv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatEnvFile, parseEnvFile } from '../../../../lib/environment/env-file.ts'
import { environment, fastapi, oldStack, password, type ToldStack, tracehub } from './old-stacks.ts'

const variables = suite('adopt: what is brought along of the variables')

const { db, backend, frontend } = tracehub
const withBackend = (env: Record<string, string>): ToldStack => ({
  ...{ db, frontend },
  backend: { ...backend, env: { ...backend.env, ...env } },
})

variables(
  "TraceHub's own: secrets under the settings' names, others as they are, DATABASE_URL is made anew",
  () => {
    const dotenv = {
      DB_PASSWORD: 'of-the-file',
      BACKEND_IMAGE: 'ghcr.io/acme/backend:main-1',
      SENTRY_DSN: 'https://s@x/1',
    }
    const { given } = oldStack(tracehub, { dotenv })
    assert.equal(given, {
      values: {
        ...{ DB_PASSWORD: password, JWT_SECRET: 'a-secret-of-jwt', SENTRY_DSN: 'https://s@x/1' },
        ...{ JSONCARGO_API_KEY: '', PROPELAUTH_API_KEY: 'pa-7', LOG_LEVEL: 'info' },
      },
      secrets: {
        ...environment.secrets,
        JSONCARGO_API_KEY: { services: ['backend'], optional: true },
        PROPELAUTH_API_KEY: { services: ['backend'] },
      },
      added: ['JSONCARGO_API_KEY', 'PROPELAUTH_API_KEY'],
      carried: ['LOG_LEVEL'],
      unwritable: [],
      left: ['BACKEND_IMAGE'],
    })
  },
)

variables("FastAPI's template has no DATABASE_URL: the way to the database stays what it is", () => {
  const { given } = oldStack(fastapi)
  assert.is(given.values['DB_PASSWORD'], password)
  assert.is(given.values['POSTGRES_SERVER'], 'db')
  assert.equal(given.added, ['FIRST_SUPERUSER_PASSWORD', 'POSTGRES_PASSWORD', 'SECRET_KEY'])
})

const passwords: [title: string, url: string, first: string | undefined, taken: string | undefined][] = [
  ['the first one', 'postgresql://u:first@db/x', 'first', 'first'],
  ['another one by now', 'postgresql://u:second@db/x', 'first', 'second'],
  ['encoded in the address', 'postgresql://u:a%2Fb%40c@db/x', undefined, 'a/b@c'],
  ['the same, encoded', 'postgresql://u:a%2Fb@db/x', 'a/b', 'a/b'],
  ['as it is, with a %', 'postgresql://u:50%off@db/x', '50%off', '50%off'],
  ['a % that encodes nothing, in another one', 'postgresql://u:60%off@db/x', '50%off', '50%off'],
  ['none in the address', 'postgresql://u@db/x', 'first', 'first'],
  ['an address that leads elsewhere', 'postgresql://u:there@managed.example/x', 'first', 'first'],
]
for (const [title, url, first, taken] of passwords)
  variables(`the password: ${title}`, () => {
    const env = first === undefined ? {} : { POSTGRES_PASSWORD: first }
    const { given } = oldStack({
      db: { ...db, env },
      backend: { env: { DATABASE_URL: url }, ports: ['0.0.0.0:80:8000'], health: 'curl http://x/y' },
    })
    assert.is(given.values['DB_PASSWORD'], taken)
    assert.is(given.values['DATABASE_URL'], url.includes('managed') ? url : undefined)
  })

variables('whatever a value is: it comes back from the file as it was, or it is named', () => {
  const hostile = {
    ...{
      SPACES: ' a b ',
      HASH: 'a#b',
      DOLLAR: 'a$b',
      QUOTE: '"a"',
      EMPTY: '',
      EQUALS: 'a=b',
      UNICODE: 'ü€😀',
    },
    ...{
      APOSTROPHE: "it's",
      BACKSLASH: 'a\\b',
      BRACES: `a$${'{b}'}`,
      LINES: '-----BEGIN\nx',
      'with.dot': '1',
    },
  }
  const { given } = oldStack(withBackend(hostile))
  assert.equal(given.unwritable, ['APOSTROPHE', 'BACKSLASH', 'BRACES', 'LINES', 'with.dot'])
  const text = formatEnvFile('x', given.values)
  assert.equal(parseEnvFile(text, 'x').problems, [])
  assert.equal(parse(text), given.values)
  for (const [name, value] of Object.entries(hostile))
    if (!given.unwritable.includes(name)) assert.is(given.values[name], value, name)
})

variables('a secret that its service knows by another name', () => {
  const stack = withBackend({ SENTRY_ADDRESS: 'https://s@x/2' })
  const known = {
    ...environment,
    secrets: { SENTRY_DSN: { services: ['backend'], as: 'SENTRY_ADDRESS' } },
  } as const
  const { given } = oldStack(stack, {}, known)
  assert.is(given.values['SENTRY_DSN'], 'https://s@x/2')
  assert.is(given.values['SENTRY_ADDRESS'], undefined)
})

variables.run()
