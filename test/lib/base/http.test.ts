import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask } from '../../../lib/base/http.ts'
import { failureOf, inTemporary } from '../fixtures.ts'

/** Does something with the address of a server that answers like this. */
async function answering(listener: RequestListener, act: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener)
  await listening(server)
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) // it listens on TCP
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const listening = (server: Server, path?: string): Promise<void> =>
  new Promise(resolve => (path ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve)))

const asking = suite('http: an answer')

for (const status of [200, 204, 301, 404, 500, 503])
  asking(`status ${status} is an answer like any other`, () =>
    answering(
      (_, response) =>
        response.writeHead(status, { location: '/elsewhere' }).end(status === 204 ? '' : 'body'),
      async url => assert.equal(await ask({ url }, 2000), { status, body: status === 204 ? '' : 'body' }),
    ),
  )

asking('the path and the query arrive as they are', () => {
  const seen: (string | undefined)[] = []
  return answering(
    ({ url, method, headers }, response) => {
      seen.push(method, url, headers.connection)
      response.end()
    },
    async url => {
      await ask({ url: `${url}/api/shipments?limit=1&q=a%20b` }, 2000)
      assert.equal(seen, ['GET', '/api/shipments?limit=1&q=a%20b', 'close'])
    },
  )
})

asking('a connection of its own each time', () => {
  const ports = new Set<number | undefined>()
  return answering(
    ({ socket }, response) => {
      ports.add(socket.remotePort)
      response.end()
    },
    async url => {
      for (let i = 0; i < 3; i++) await ask({ url }, 2000)
      assert.is(ports.size, 3)
    },
  )
})

asking('text in pieces, also where a character is cut in two', () =>
  answering(
    (_, response) => {
      const bytes = Buffer.from('grüße 🚢')
      response.write(bytes.subarray(0, 3))
      setTimeout(() => response.end(bytes.subarray(3)), 20)
    },
    async url => assert.is((await ask({ url }, 2000)).body, 'grüße 🚢'),
  ),
)

asking('of a huge answer only the beginning is kept', () =>
  answering(
    (_, response) => response.end('x'.repeat(20 * 1024 * 1024)),
    async url => {
      const { status, body } = await ask({ url }, 5000)
      assert.is(status, 200)
      assert.ok(body.length >= 1024 * 1024 && body.length < 2 * 1024 * 1024, String(body.length))
    },
  ),
)

asking('through a Unix socket, with a host name of its own', () =>
  inTemporary(async directory => {
    const socket = join(directory, 'blue.sock')
    const server = createServer(({ headers, url }, response) => response.end(`${headers.host} ${url}`))
    await listening(server, socket)
    const answer = await ask({ socket, path: '/health', host: 'tracehub.example' }, 2000)
    assert.equal(answer, { status: 200, body: 'tracehub.example /health' })
    server.close()
  }),
)

asking.run()

const failing = suite('http: no answer, and why')

failing('nobody listens', async () => {
  const server = createServer()
  await listening(server)
  const { port } = server.address() as AddressInfo // it listens on TCP
  await new Promise(resolve => server.close(resolve))
  for (const host of ['127.0.0.1', 'localhost']) {
    const failure = await failureOf(() => ask({ url: `http://${host}:${port}/` }, 2000))
    assert.equal([failure.what, failure.exitCode], ['connection refused', 1])
  }
})

failing('no such host', async () => {
  const failure = await failureOf(() => ask({ url: 'http://no-such-host.invalid/' }, 5000))
  assert.match(failure.what, /^the host name is unknown$|EAI_AGAIN/) // the latter without any name server
})

failing('no such socket', async () => {
  const failure = await failureOf(() => ask({ socket: '/no/such.sock', path: '/', host: 'x' }, 2000))
  assert.is(failure.what, 'connect ENOENT /no/such.sock')
})

failing('silence', () =>
  answering(
    () => {},
    async url => {
      const started = Date.now()
      const failure = await failureOf(() => ask({ url }, 100))
      assert.is(failure.what, 'no answer within 100 ms')
      assert.ok(Date.now() - started < 2000)
    },
  ),
)

failing('an answer that never ends: the time is for all of it', () =>
  answering(
    (_, response) => {
      const timer = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(timer))
    },
    async url => assert.is((await failureOf(() => ask({ url }, 150))).what, 'no answer within 150 ms'),
  ),
)

failing('a connection that is cut before the answer', () =>
  answering(
    ({ socket }) => socket.destroy(),
    async url => assert.is((await failureOf(() => ask({ url }, 2000))).what, 'the connection was cut'),
  ),
)

failing('a connection that is cut in the middle of the answer', () =>
  answering(
    (_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('half', () => response.destroy())
    },
    async url => assert.is((await failureOf(() => ask({ url }, 2000))).what, 'the connection was cut'),
  ),
)

failing('something that does not speak HTTP', async () => {
  const server = createTcpServer(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  const failure = await failureOf(() => ask({ url: `http://127.0.0.1:${port}` }, 2000))
  assert.match(failure.what, 'Parse Error')
  server.close()
})

failing.run()
