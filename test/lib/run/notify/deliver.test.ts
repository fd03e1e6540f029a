import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NewEvent, RunEvent } from '../../../../lib/run/events.ts'
import { Announcer, addresses, deliver } from '../../../../lib/run/notify/announcer.ts'

const quick = { answer: 30_000, pauses: [1, 1] }
/** For a server that never answers: one that does may need longer than this on a busy machine. */
const impatient = { answer: 300, pauses: [1, 1] }
const never = new AbortController().signal

/** A real server on loopback while `act` runs; `answer` decides on each request by its number. */
async function withServer<T>(
  answer: (number: number, response: ServerResponse, request: IncomingMessage) => void,
  act: (url: string, bodies: string[]) => Promise<T>,
): Promise<T> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      bodies.push(body)
      answer(bodies.length, response, request)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    return await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/key`, bodies)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const status = (code: number) => (_: number, response: ServerResponse) =>
  void response.writeHead(code).end('ok')

const posting = suite('notify: one message, one address')

posting('taken at once: JSON, once', () =>
  withServer(
    (_, response, request) =>
      response.writeHead(request.headers['content-type'] === 'application/json' ? 200 : 400).end(),
    async (url, bodies) => {
      assert.is(await deliver(url, '{"text":"hello"}', never, quick), undefined)
      assert.equal(bodies, ['{"text":"hello"}'])
    },
  ),
)

const answers: [what: string, codes: number[], why: string | undefined][] = [
  ['an error of the server: again', [500, 200], undefined],
  ['too many: again', [429, 503, 200], undefined],
  ['errors to the end: three attempts', [500, 502, 503], 'it answers 503'],
  ['an address that is no longer valid: not again', [404], 'it answers 404'],
  ['a redirect: nobody else is told the address', [302, 302, 302], 'unexpected redirect'],
]
for (const [what, codes, why] of answers)
  posting(what, () =>
    withServer(
      (number, response) => response.writeHead(codes[number - 1] ?? 200, { location: '/elsewhere' }).end(),
      async (url, bodies) => {
        assert.is(await deliver(url, '{}', never, quick), why)
        assert.is(bodies.length, codes.length)
      },
    ),
  )

posting('one that hangs', () =>
  withServer(
    () => {},
    async url => assert.is(await deliver(url, '{}', never, impatient), 'no answer within 300 ms'),
  ),
)

posting('one that hangs is given up also when garbage is collected meanwhile', () =>
  withServer(
    () => {},
    async url => {
      setFlagsFromString('--expose_gc')
      const collect = runInNewContext('gc') as () => void
      const collecting = setInterval(collect, 20).unref()
      const told = deliver(url, '{}', never, { answer: 300, pauses: [] })
      const tooLong = new Promise(resolve =>
        setTimeout(resolve, 20_000, 'it is waited for all the same').unref(),
      )
      assert.is(await Promise.race([told, tooLong]), 'no answer within 300 ms')
      clearInterval(collecting)
    },
  ),
)

posting('one that refuses', async () => {
  const url = await withServer(status(200), async address => address)
  assert.is(await deliver(url, '{}', never, quick), 'ECONNREFUSED')
})

posting.run()

const announcing = suite('notify: a run')
const events: NewEvent[] = [
  { type: 'run-started', run: 'r', script: 'deploy', environment: 'production', who: 'ada', pid: 1 },
  { type: 'target', release: undefined, tag: 'main-1', images: {} as never },
  {
    type: 'run-finished',
    ms: 61_000,
    outcome: 'done',
    exitCode: 0,
    result: [['live', 'blue, release 1, main-1']],
  },
]

/** What is logged about the messages of a run. */
async function announced(urls: string, wait?: number): Promise<string[]> {
  const announcer = new Announcer([undefined, urls], quick)
  for (const event of events) announcer.listener({ at: 0, ...event } as RunEvent)
  const warnings: string[] = []
  await announcer.finish(
    { write: event => void (event.type === 'warning' && warnings.push(event.problem.what)) },
    wait,
  )
  return warnings
}

announcing('each address is told everything, in order', () =>
  withServer(status(200), (one, toOne) =>
    withServer(status(200), async (two, toTwo) => {
      assert.equal(await announced(`${one}, ${two}\n${one}`), [])
      const headlines = toOne.map(body => JSON.parse(body).text)
      assert.equal(headlines, [
        '🔵 production: deploy of main-1 has begun',
        '🟢 production: deploy of main-1 succeeded',
      ])
      assert.equal(toTwo, toOne)
    }),
  ),
)

announcing('one that fails is a warning, said once, without its path; the others are told all the same', () =>
  withServer(status(500), (bad, _) =>
    withServer(status(200), async (good, told) => {
      const host = new URL(bad).host
      assert.equal(await announced(`${bad} ${good}`), [`people were not told by ${host}: it answers 500`])
      assert.is(told.length, 2)
    }),
  ),
)

announcing('one that hangs holds the end up for a bounded time', () =>
  withServer(
    () => {},
    async url => {
      const host = new URL(url).host
      assert.equal(await announced(url, 50), [`people were not told by ${host}: there was no more time`])
    },
  ),
)

announcing('what is no address is said without being shown', () => {
  const { urls, problems } = addresses(['hooks.slack.com/services/secret', 'ftp://x', undefined, ' , '])
  assert.equal(urls, [])
  assert.equal(
    problems.map(({ what }) => what),
    [
      'NOTIFY_WEBHOOK_URL has a word in it (31 characters) that is no address',
      'NOTIFY_WEBHOOK_URL has a word in it (7 characters) that is no address',
    ],
  )
})

announcing.run()
