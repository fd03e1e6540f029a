import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SmokeTest } from '../../../lib/environment/environment.ts'
import { mismatch, smokeTest } from '../../../lib/proxy/site.ts'
import { failureOf } from '../fixtures.ts'

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
    [health, 200, '["healthy"]', 'expected a JSON object, found 200 "[\\"healthy\\"]"'],
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

const withTests = (smokeTests: readonly SmokeTest[]) => ({ smokeTests, timeouts: { request: 2000 } })
const tests: SmokeTest[] = [
  { part: 'backend', path: '/health' },
  { part: 'backend', path: '/api' },
  { part: 'frontend', path: '/' },
]

testing('all answered as described', () =>
  serving(['/health', '/api', '/'], url =>
    smokeTest(withTests(tests), ({ path }) => ({ url: `${url}${path}` }), 'green'),
  ),
)

testing('no tests, no failure', () => smokeTest(withTests([]), () => ({ url: 'http://x' }), 'green'))

testing('every one that failed is listed, with what came instead', () =>
  serving(['/api'], async url => {
    const failure = await failureOf(() =>
      smokeTest(
        withTests(tests),
        ({ path, part }) => ({ url: part === 'frontend' ? 'http://127.0.0.1:1/' : `${url}${path}` }),
        'green',
      ),
    )
    assert.equal(
      [failure.what, failure.detail, failure.fix, failure.exitCode],
      [
        '2 of 3 smoke tests of green failed',
        'backend GET /health: expected status 200, found 500 "/health says hello"\nfrontend GET /: connection refused',
        'mend what these tests found, build again and deploy',
        1,
      ],
    )
  }),
)

testing.run()
