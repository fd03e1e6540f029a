import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SmokeTest } from '../../../lib/environment/environment.ts'
import { mismatch, readingOnly, smokeTest } from '../../../lib/proxy/smoke.ts'
import { environmentIn, failureOf, inTemporary } from '../fixtures.ts'

const judging = suite('smoke: how an answer differs')

const health = { json: { status: 'healthy', database: 'connected' } }
const ok = '{"status":"healthy","database":"connected","extra":1}'

const answers: [expected: Partial<SmokeTest>, status: number, body: string, mismatch: string | undefined][] =
  [
    [{}, 200, '', undefined],
    [{}, 200, 'anything', undefined],
    [{}, 500, 'Internal Server Error', 'expected status 200, found 500 "Internal Server Error"'],
    [{}, 301, '', 'expected status 200, found 301 ""'],
    [{}, 204, '', 'expected status 200, found 204 ""'],
    [{ status: 404 }, 404, 'gone', undefined],
    [{ status: 404 }, 200, 'here', 'expected status 404, found 200 "here"'],
    [{ contains: '<' }, 200, '<html>', undefined],
    [{ contains: '<html' }, 200, 'oops', 'expected "<html" in the answer, found 200 "oops"'],
    [health, 200, ok, undefined],
    [
      health,
      200,
      '{"status":"unhealthy","database":"connected"}',
      'expected status to be "healthy", found 200 "{\\"status\\":\\"unhealthy\\",\\"database\\":\\"connected\\"}"',
    ],
    [
      health,
      200,
      '{"status":"healthy"}',
      'expected database to be "connected", found 200 "{\\"status\\":\\"healthy\\"}"',
    ],
    [health, 503, ok, `expected status 200, found 503 ${JSON.stringify(ok)}`],
    [{ json: { n: 1 } }, 200, '{"n":1}', undefined],
    [{ json: { n: 1 } }, 200, '{"n":"1"}', 'expected n to be 1, found 200 "{\\"n\\":\\"1\\"}"'],
    [{ json: { up: true } }, 200, '{"up":1}', 'expected up to be true, found 200 "{\\"up\\":1}"'],
    [health, 200, '<html>not found</html>', 'expected a JSON object, found 200 "<html>not found</html>"'],
    [health, 200, '', 'expected a JSON object, found 200 ""'],
    [health, 200, 'null', 'expected a JSON object, found 200 "null"'],
    [health, 200, '"healthy"', 'expected a JSON object, found 200 "\\"healthy\\""'],
    [health, 200, '["healthy"]', 'expected status to be "healthy", found 200 "[\\"healthy\\"]"'],
    [{ status: [200, 204] }, 204, '', undefined],
    [{ status: [301, 302] }, 200, 'here', 'expected status 301 or 302, found 200 "here"'],
    [{ json: { 'data.0.id': 7 } }, 200, '{"data":[{"id":7}]}', undefined],
    [{ json: { '0.id': 7 } }, 200, '[{"id":7}]', undefined],
    [
      { json: { 'data.0.id': 7 } },
      200,
      '{"data":[]}',
      'expected data.0.id to be 7, found 200 "{\\"data\\":[]}"',
    ],
    [{ json: { 'a.b': 1 } }, 200, '{"a.b":1,"a":{"b":2}}', undefined],
    [{ json: { length: 0 } }, 200, '{}', 'expected length to be 0, found 200 "{}"'],
    [{ keep: { T: 'token' } }, 200, '{"token":"x"}', undefined],
    [{ keep: { T: 'token' } }, 200, '{"token":{}}', 'expected token to be kept as T, found 200 with "token"'],
    [
      { keep: { T: 'token' } },
      200,
      '{"access_token":"x","type":"y"}',
      'expected token to be kept as T, found 200 with "access_token, type"',
    ],
    [{ keep: { T: 'token' } }, 200, 'x', 'expected a JSON object, found 200, not shown'],
    [
      { keep: { T: 'token' } },
      401,
      '{"detail":"no"}',
      'expected status 200, found 401 "{\\"detail\\":\\"no\\"}"',
    ],
    [{ keep: { T: 'token' } }, 401, '{"token":"x"}', 'expected status 200, found 401 with "token"'],
    [health, 200, ok.slice(0, -1), `expected a JSON object, found 200 ${JSON.stringify(ok.slice(0, -1))}`],
    [{}, 500, '\u001b[2Jred\n\n', 'expected status 200, found 500 "red"'],
    [{}, 500, 'a'.repeat(5_000_000), `expected status 200, found 500 "${'a'.repeat(80)}…" (500 characters)`],
  ]
for (const [expected, status, body, difference] of answers)
  judging(`${JSON.stringify(expected)} and ${status} ${body.slice(0, 30)}`, () =>
    assert.is(mismatch({ part: 'backend', path: '/', ...expected }, { status, body }), difference),
  )

judging.run()

const testing = suite('smoke: all tests at once')

/** A server on which the paths named here answer 200, and others 500. */
async function serving(paths: readonly string[], act: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(({ url = '' }, response) =>
    response.writeHead(paths.includes(url) ? 200 : 500).end(`${url} says hello`),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) // it listens on TCP
  } finally {
    server.close()
  }
}

const tests: SmokeTest[] = [
  { part: 'backend', path: '/health' },
  { part: 'backend', path: '/api' },
  { part: 'frontend', path: '/' },
]

type TargetOf = Parameters<typeof smokeTest>[1]

/** Tests of an environment that has a password, answered within 2 s or not at all. */
const asking = (smokeTests: readonly SmokeTest[], targetOf: TargetOf): Promise<void> =>
  inTemporary(directory => {
    writeFileSync(join(directory, '.env.staging'), 'DEMO_PASSWORD=\'it is "secret" & 100%\'\n', {
      mode: 0o600,
    })
    const environment = environmentIn(directory, { name: 'staging', smokeTests })
    const timeouts = { ...environment.timeouts, request: 2000 }
    return smokeTest({ ...environment, timeouts }, targetOf, 'green')
  })

testing('all answered as described', () =>
  serving(['/health', '/api', '/'], url => asking(tests, ({ path }) => ({ url: `${url}${path}` }))),
)

testing('no tests, no failure', () => asking([], () => ({ url: 'http://x' })))

testing('every one that failed is listed, with what came instead', () =>
  serving(['/api'], async url => {
    const failure = await failureOf(() =>
      asking(tests, ({ path, part }) => ({
        url: part === 'frontend' ? 'http://127.0.0.1:1/' : `${url}${path}`,
      })),
    )
    assert.equal(
      [failure.what, failure.detail, failure.fix, failure.exitCode],
      [
        '2 of 3 smoke tests of green failed',
        'backend GET /health: expected status 200, found 500 "/health says hello"\nfrontend GET /: connection refused',
        'fix what these tests found, build again and deploy',
        1,
      ],
    )
  }),
)

/** An application that wants a login: it answers with what it was asked. */
async function wantingLogin(act: (targetOf: TargetOf, heard: string[]) => Promise<void>): Promise<void> {
  const heard: string[] = []
  const server = createServer(async (request, response) => {
    const body = (await request.setEncoding('utf8').toArray()).join('')
    const { authorization = '', 'content-type': type = '' } = request.headers
    heard.push(`${request.method} ${request.url} ${authorization} ${type} ${body}`.replace(/ +$/, ''))
    if (request.url === '/login') response.end(`{"session":{"token":"to ken/1"},"user":{"id":7}}`)
    else response.writeHead(authorization === 'Bearer to ken/1' ? 200 : 401).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    await act(({ path }) => ({ url: `http://127.0.0.1:${port}${path}` }), heard)
  } finally {
    server.close()
  }
}

const login: SmokeTest = {
  part: 'backend',
  path: '/login',
  body: { user: 'demo', password: '{{DEMO_PASSWORD}}' },
  keep: { TOKEN: 'session.token', USER: 'user.id' },
}
const own: SmokeTest = {
  part: 'backend',
  path: '/users/{{USER}}?t={{TOKEN}}',
  headers: { Authorization: 'Bearer {{TOKEN}}' },
}

testing('log in with a secret, then ask with what the answer gave, in whatever order they stand', () =>
  wantingLogin(async (targetOf, heard) => {
    await asking([own, login], targetOf)
    assert.equal(heard, [
      `POST /login  application/json ${JSON.stringify({ user: 'demo', password: 'it is "secret" & 100%' })}`,
      'GET /users/7?t=to%20ken%2F1 Bearer to ken/1',
    ])
  }),
)

testing('a method and a text of its own', () =>
  wantingLogin(async (targetOf, heard) => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: 'Bearer to ken/1' }
    await asking([{ part: 'backend', path: '/a', method: 'PUT', headers: form, body: 'a={b}' }], targetOf)
    assert.is(heard.at(-1), 'PUT /a Bearer to ken/1 application/x-www-form-urlencoded a={b}')
  }),
)

testing('those that change nothing, nor use what one that may has kept, whoever hands it on', () => {
  const list: SmokeTest = { part: 'backend', path: '/list', keep: { FIRST: '0.id' } }
  const first: SmokeTest = { part: 'backend', path: '/list/{{FIRST}}' }
  const handingOn: SmokeTest = { ...own, keep: { MINE: 'id' } }
  const mine: SmokeTest = { part: 'backend', path: '/of/{{MINE}}' }
  assert.equal(readingOnly([mine, first, handingOn, login, list]), [first, list])
  assert.equal(readingOnly(tests), tests)
})

testing('where the login fails, those that need it say what they lack; no secret is shown', () =>
  wantingLogin(async targetOf => {
    const failure = await failureOf(() => asking([own, { ...login, status: 201 }], targetOf))
    assert.is(failure.what, '2 of 2 smoke tests of green failed')
    assert.match(
      failure.detail ?? '',
      /^backend POST \/login: expected status 201, found 200 with "session, user"$/m,
    )
    assert.match(
      failure.detail ?? '',
      /backend GET \/users\/\{\{USER\}\}\?t=\{\{TOKEN\}\}: no answer and no variable gave \{\{USER\}\}/,
    )
    assert.not.match(failure.detail ?? '', /it is/)
  }),
)

testing.run()
