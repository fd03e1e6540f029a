import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Faults, type FaultyApp, faultyApp } from './sandbox/load/faulty-app.ts'
import { Generator } from './sandbox/load/generator.ts'
import { startLoad } from './sandbox/load/load.ts'
import { render } from './sandbox/load/render.ts'
import type { Report } from './sandbox/load/report.ts'
import { KINDS, type Kind, loopback, settle } from './sandbox/load/settings.ts'
import { acknowledged, verifyPosts } from './sandbox/load/verify.ts'

type Run = {
  kinds: readonly Kind[]
  faults?: Faults
  rate?: number
  seconds?: number
  /** When there is enough to judge, before half-time and at the end: after `seconds`, unless told. */
  enough?: (soFar: Report, app: FaultyApp) => boolean
  patienceMs?: number
  halfTime?: (app: FaultyApp) => void
}

/** A server that stayed open would keep the whole test run from ending. */
async function withApp(faults: Faults, use: (app: FaultyApp) => Promise<void>): Promise<void> {
  const app = await faultyApp(faults)
  await use(app).finally(app.close)
}

/** Puts a load on an app with these faults, checks what must hold of every report, and judges it. */
function under(run: Run, judge: (report: Report, app: FaultyApp) => Promise<void> | void): Promise<void> {
  const { kinds, faults = {}, rate = 300, seconds = 0.3, halfTime = () => {} } = run
  return withApp(faults, async app => {
    const settings = settle({ backend: app.url, frontend: app.url, rate, kinds })
    const generator = new Generator({ ...settings, patienceMs: run.patienceMs ?? 120_000 })
    const half = async (): Promise<void> => {
      await sleep(seconds * 500)
      await until(() => run.enough?.(generator.report(), app) ?? true)
    }
    await half()
    halfTime(app)
    await half()
    const report = await generator.stop()
    const { sent, ok, failed, inFlight } = report.totals
    assert.is(inFlight, 0)
    assert.is(sent, ok + failed)
    assert.is(report.state, 'stopped')
    assert.is(sumOf(report.failures.map(({ count }) => count)), failed)
    await judge(report, app)
  })
}

/** A busy machine takes longer; half a minute without what is waited for is a failure. */
async function until(enough: () => boolean): Promise<void> {
  for (let tries = 0; !enough(); tries++) {
    assert.ok(tries < 600, 'what the test waits for did not come about')
    await sleep(50)
  }
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)

/** The failures as `{'new ECONNRESET': 3}`. */
const failuresOf = (report: Report) =>
  Object.fromEntries(report.failures.map(({ kind, reason, count }) => [`${kind} ${reason}`, count]))

/** A count that something was done, by its name. */
class Counter {
  readonly counts: Record<string, number> = {}
  add(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }
}

const kindOf = ({ url, method, headers }: IncomingMessage) =>
  method === 'POST' ? 'post' : url === '/api/health' || headers.connection === 'close' ? 'new' : 'keepalive'

test('a healthy app: every kind is sent, answered and counted once', () => {
  const reused = ({ kinds: { keepalive } }: Report): boolean =>
    keepalive !== undefined && keepalive.connections < keepalive.sent / 2
  const enough = (soFar: Report): boolean =>
    KINDS.every(kind => (soFar.kinds[kind]?.ok ?? 0) > 0) && reused(soFar)
  return under({ kinds: KINDS, enough }, async (report, app) => {
    assert.equal(report.failures, [])
    for (const kind of KINDS) assert.ok((report.kinds[kind]?.ok ?? 0) > 0, kind)
    const messages = (report.kinds.websocket?.sent ?? 0) - (report.kinds.websocket?.connections ?? 0)
    assert.is(report.totals.sent - messages, app.requests)
    assert.is(report.kinds.new?.connections, report.kinds.new?.sent)
    assert.equal(await verifyPosts(report, app.url), { lost: [], doubled: [], unexpected: [] })
  })
})

test('resets: 1 of 50 requests loses its connection', () => {
  const done = new Counter()
  const request: Faults['request'] = (request, _response, count) => {
    if (count % 50 !== 0) return false
    done.add(`${kindOf(request)} ECONNRESET`)
    request.socket.resetAndDestroy()
    return true
  }
  const enough = ({ totals }: Report): boolean => totals.failed > 2
  return under({ kinds: ['new'], faults: { request }, enough }, report => {
    assert.equal(failuresOf(report), done.counts)
    const [example] = report.failures[0]?.examples ?? []
    assert.is(example?.idleMs, null)
    assert.match(example?.detail ?? '', 'ECONNRESET')
  })
})

test('statuses: now and then a 503', () => {
  const done = new Counter()
  const request: Faults['request'] = (request, response, count) => {
    if (count % 7 !== 0) return false
    done.add(`${kindOf(request)} status 503`)
    response.writeHead(503).end('away for a moment')
    return true
  }
  const enough = ({ totals }: Report): boolean => totals.failed > 20
  return under({ kinds: ['keepalive', 'new', 'post'], faults: { request }, enough }, async (report, app) => {
    assert.equal(failuresOf(report), done.counts)
    assert.is(report.posts.unknown.length, done.counts['post status 503'])
    assert.equal(await verifyPosts(report, app.url), { lost: [], doubled: [], unexpected: [] })
    const failures = report.failures[0]
    assert.is(failures?.examples.length, 5)
    assert.is(failures?.instants.length, failures?.count)
    assert.match(failures?.examples[0]?.detail ?? '', 'away for a moment')
    assert.match(render(report), `${failures?.count} × ${failures?.kind}: status 503`)
  })
})

test('bodies: some are cut short, some are wrong', () => {
  const done = new Counter()
  const request: Faults['request'] = (request, response, count) => {
    if (count % 20 === 0) {
      done.add(`${kindOf(request)} short-body`)
      response.writeHead(200, { 'content-length': 1000 })
      response.write('<html>', () => response.destroy())
      return true
    }
    if (count % 20 === 10) {
      done.add(`${kindOf(request)} wrong-body`)
      response.end('{"version": "another one"}')
      return true
    }
    return false
  }
  const enough = ({ failures }: Report): boolean => failures.length === 2
  return under({ kinds: ['keepalive'], faults: { request }, enough }, report => {
    assert.is(Object.keys(done.counts).length, 2)
    assert.equal(failuresOf(report), done.counts)
  })
})

test('silence: some requests are never answered', () => {
  const done = new Counter()
  const request: Faults['request'] = (request, _response, count) => {
    if (count % 10 !== 0) return false
    done.add(`${kindOf(request)} timeout`)
    return true
  }
  // So few that a busy machine, too, answers all others in that time.
  return under({ kinds: ['keepalive', 'post'], rate: 100, faults: { request }, patienceMs: 5000 }, report =>
    assert.equal(failuresOf(report), done.counts),
  )
})

test('a stall: the schedule goes on, and what could not be sent is said', () => {
  let stalled = 0
  const request: Faults['request'] = () => {
    stalled++
    return true
  }
  const enough = ({ behind, longestGapMs }: Report): boolean => behind.skipped > 0 && longestGapMs >= 290
  return under({ kinds: ['new'], rate: 2000, faults: { request }, patienceMs: 150, enough }, report => {
    // At this rate some time out before the server, in this very process, has seen them.
    assert.equal(Object.keys(failuresOf(report)), ['new timeout'])
    assert.ok(report.totals.failed >= stalled)
    const due = report.seconds * 2000
    const accounted = report.totals.sent + report.behind.skipped
    assert.ok(accounted <= due + 1, `${accounted} of ${due} are accounted for`)
    assert.ok(report.behind.skipped > 0)
    assert.ok(report.longestGapMs >= 290, 'a load without any success is one long gap')
  })
})

test('keep-alive: a properly closed idle connection is no failure, a request caught by a close is', async () => {
  const wrongs = { caught: 0, closed: 0, requests: 0, reuses: 0 }
  const server = createServer({ allowHalfOpen: true }, socket => capricious(socket, wrongs))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const generator = new Generator(settle({ backend: url, frontend: url, rate: 600, kinds: ['keepalive'] }))
  await until(() => wrongs.caught > 5 && wrongs.closed > 5)
  const report = await generator.stop()
  server.close()
  // A client that is late may see the reset before the answer to the request before it.
  const {
    'keepalive reset-on-reuse': onReuse = 0,
    'keepalive ECONNRESET': early = 0,
    ...others
  } = failuresOf(report)
  assert.equal(others, {})
  assert.ok(onReuse > 0 && onReuse + early === wrongs.caught, JSON.stringify({ onReuse, early, wrongs }))
  assert.is(report.totals.sent, wrongs.requests)
  assert.type(report.failures[0]?.examples[0]?.idleMs, 'number')
})

/**
 * Closes its side after a random idle time, and now and then at the very instant a request
 * arrives. Bytes after its FIN are requests that a client lost: those it can count exactly.
 */
function capricious(
  socket: Socket,
  wrongs: Record<'caught' | 'closed' | 'requests' | 'reuses', number>,
): void {
  let asked = 0
  let idle: NodeJS.Timeout | undefined
  socket.on('error', () => {})
  socket.on('end', () => socket.destroy())
  socket.on('data', data => {
    clearTimeout(idle)
    asked++
    wrongs.requests++
    if (!socket.writable || (asked > 1 && ++wrongs.reuses % 20 === 0)) {
      wrongs.caught++
      socket.resetAndDestroy()
      return
    }
    const body = data.includes('GET / ') ? '<html></html>' : '{"version":"1"}'
    socket.write(`HTTP/1.1 200 OK\r\nX-Version: 1\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    idle = setTimeout(() => socket.end(() => wrongs.closed++), Math.random() * 100)
  })
}

test('POSTs: what is lost, doubled and unknown comes out by name', () => {
  const done = new Counter()
  let posts = 0
  const copies = () => {
    const count = posts++ % 9 === 0 ? 0 : posts % 7 === 0 ? 2 : 1
    done.add(String(count))
    return count
  }
  return under({ kinds: ['post'], faults: { copies } }, async (report, app) => {
    assert.is(report.totals.failed, 0)
    const { lost, doubled, unexpected } = await verifyPosts(report, app.url)
    assert.is(lost.length, done.counts['0'])
    assert.is(doubled.length, done.counts['2'])
    assert.equal(unexpected, [])
    const strangers = await verifyPosts({ posts: { ...report.posts, sent: 1 } }, app.url)
    assert.is(
      strangers.unexpected.length + lost.length + 1,
      report.posts.sent + Number(lost[0]?.endsWith('-1')),
    )
    assert.is(acknowledged(report.posts).length, report.posts.sent)
  })
})

test('versions: what each answered, and when those requests began', () => {
  let switched = 0
  const answered = { 1: 0, 2: 0 }
  const request: Faults['request'] = () => {
    answered[switched ? 2 : 1]++
    return false
  }
  const halfTime = (app: FaultyApp) => {
    app.version = '2'
    switched = Date.now()
  }
  const enough = ({ versions }: Report, { version }: FaultyApp): boolean =>
    [versions.backend, versions.frontend].every(
      ({ [version]: seen }) => Boolean(seen && seen.count > 20 && seen.firstStarted < seen.lastStarted), // not all in one late burst
    )
  return under({ kinds: ['keepalive', 'new', 'post'], faults: { request }, halfTime, enough }, report => {
    const { backend, frontend } = report.versions
    for (const version of ['1', '2'] as const)
      assert.is((backend[version]?.count ?? 0) + (frontend[version]?.count ?? 0), answered[version])
    for (const { 1: old, 2: fresh } of [backend, frontend]) {
      assert.ok(old && fresh)
      assert.ok(old.lastStarted <= switched, 'the old one only before')
      assert.ok(fresh.firstEnded >= switched, 'the new one only after')
      for (const { firstStarted, lastStarted, firstEnded, lastEnded } of [old, fresh])
        assert.ok(firstStarted < lastStarted && firstStarted <= firstEnded && lastStarted <= lastEnded)
    }
  })
})

test('WebSockets: a closed tunnel is counted apart, a refused or wrong one is a failure', () => {
  const done = new Counter()
  let messages = 0
  let refusals = 0
  const message: Faults['message'] = (socket, text) => {
    messages++
    if (messages === 5) socket.close(1001)
    else if (messages === 9) socket.terminate()
    else if (messages === 12) socket.send(`not ${text}`)
    else return false
    return true
  }
  const refuse = () => messages >= 5 && refusals++ < 1
  const enough = ({ websocket, failures }: Report): boolean =>
    websocket.closed === 2 && websocket.resent === 2 && failures.length === 2
  return under({ kinds: ['websocket'], faults: { message, refuse }, enough }, report => {
    done.add('websocket status 503')
    done.add('websocket wrong-body')
    assert.equal(failuresOf(report), done.counts)
    assert.equal(report.websocket, { closed: 2, codes: { 1001: 1, 1006: 1 }, resent: 2 })
    const { sent = 0, connections = 0 } = report.kinds.websocket ?? {}
    assert.is(connections, 4 + 2 + 1)
    assert.is(sent - connections, messages - report.websocket.resent)
  })
})

test('a process of its own: reports while it runs, marks, stops, and ends by itself', () =>
  withApp({}, async app => {
    const targets = { backend: app.url, frontend: app.url, kinds: ['new'] as const }
    const [load, short] = await Promise.all([
      startLoad({ ...targets, rate: 200 }),
      startLoad({ ...targets, rate: 50, maxSeconds: 0.1 }),
    ])
    while ((await load.report()).totals.sent === 0) await sleep(10)
    const before = Date.now()
    await load.mark('switch')
    const after = Date.now()
    const soFar = await load.report()
    assert.is(soFar.state, 'running')
    assert.ok(soFar.totals.sent > 0)
    const [report, again] = await Promise.all([load.stop(), load.stop()])
    assert.is(report, again)
    assert.is(await load.report(), report)
    assert.is(report.state, 'stopped')
    const [mark] = report.marks
    assert.ok(mark?.label === 'switch' && mark.at >= before && mark.at <= after)
    while ((await short.report()).state === 'running') await sleep(10)
    const ended = await short.stop()
    assert.is(ended.state, 'out of time')
    assert.is(report.totals.sent + ended.totals.sent, app.requests)
  }))

test('a load ends with the process that started it', () =>
  withApp({}, async app => {
    const main = fileURLToPath(new URL('sandbox/load/main.ts', import.meta.url))
    const options = ['--backend', app.url, '--frontend', app.url, '--seconds', '60', '--kinds', 'new']
    const parent = spawn(process.execPath, ['--import', 'tsx', main, ...options], { stdio: 'ignore' })
    while (app.requests === 0 && parent.exitCode === null) await sleep(10)
    parent.kill('SIGKILL')
    for (let tries = 0, seen = 0; seen < app.requests; tries++) {
      assert.ok(tries < 200, 'the load went on')
      seen = app.requests
      await sleep(100)
    }
    assert.ok(app.requests > 0, 'the load never began')
  }))

test('only this machine, and only within bounds', async () => {
  assert.equal(loopback('http://localhost:8000'), { host: '127.0.0.1', port: 8000 })
  assert.equal(loopback('http://[::1]'), { host: '::1', port: 80 })
  const elsewhere = [
    'http://192.0.2.1:8000',
    'http://127.0.0.1.example',
    'https://127.0.0.1',
    'http://0.0.0.0',
  ]
  for (const url of elsewhere) assert.throws(() => loopback(url), /only go to http:\/\/ on this machine/)
  const here = 'http://127.0.0.1:1'
  for (const wrong of [{ rate: 0 }, { rate: 1e6 }, { maxSeconds: 1e6 }, { kinds: [] }])
    assert.throws(() => settle({ backend: here, frontend: here, rate: 1, ...wrong }), /expected/)
  const refused = await startLoad({ backend: here, frontend: 'http://192.0.2.1', rate: 1 }).catch(String)
  assert.match(String(refused), 'only go to')
})

test.run()
