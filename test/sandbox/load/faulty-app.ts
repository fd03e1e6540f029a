import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'

/** What the app does wrong on purpose. Whoever gives these counts how often it was done. */
export type Faults = {
  /** Sees each request, counted from 1, before it is answered; true when it dealt with it. */
  readonly request?: (request: IncomingMessage, response: ServerResponse, count: number) => boolean
  /** How many copies of a shipment to store, rather than 1. */
  readonly copies?: () => number
  /** True to refuse a WebSocket with a 503. */
  readonly refuse?: () => boolean
  /** Sees each message of a WebSocket; true when it dealt with it. */
  readonly message?: (socket: WebSocket, text: string) => boolean
}

export type FaultyApp = {
  readonly url: string
  /** What the answers say from now on. */
  version: string
  requests: number
  close(): Promise<void>
}

/** An app of TraceHub's outer shape, without its slowness, on a free port of this machine. */
export async function faultyApp(faults: Faults = {}): Promise<FaultyApp> {
  const stored = new Map<string, number>()
  const app = { url: '', version: '1', requests: 0, close }

  // A busy machine may let a connection rest for long; closing it then is the server's right, and not what is tested.
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    // A client that gave up meanwhile wants no answer.
    answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '', app.url)
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (pathname === '/api/shipments/references') {
      const matching = [...stored].filter(([reference]) =>
        reference.startsWith(searchParams.get('prefix') ?? ''),
      )
      const list = matching.map(([reference, count]) => ({ reference, count }))
      return json(200, list)
    }
    app.requests++
    response.setHeader('X-Version', app.version)
    if (faults.request?.(request, response, app.requests)) return
    if (pathname === '/') return response.end(`<html>${app.version}</html>\n`)
    if (pathname === '/api/documents/upload') return json(201, documentIn(await buffer(request)))
    if (pathname === '/api/shipments') {
      const shipment: { reference: string } = JSON.parse(String(await buffer(request)))
      const copies = faults.copies?.() ?? 1
      if (copies > 0) stored.set(shipment.reference, copies)
      return json(201, shipment)
    }
    if (pathname === '/api/version') return json(200, { version: app.version })
    if (pathname === '/api/health') return json(200, { status: 'healthy' })
    await sleep(100)
    return json(200, { waited: Number(searchParams.get('seconds')) })
  }

  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, connection, head) => {
    app.requests++
    if (faults.refuse?.()) {
      connection.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, connection, head, socket =>
      socket.on('message', data => {
        if (!faults.message?.(socket, String(data))) socket.send(String(data))
      }),
    )
  })

  async function close(): Promise<void> {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server's address is never a string.
  app.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return app
}

/** The one file of a form, RFC 7578: between the first empty line and the last boundary. */
function documentIn(form: Buffer): { sha256: string; size: number } {
  const document = form.subarray(form.indexOf('\r\n\r\n') + 4, form.lastIndexOf('\r\n--'))
  return { sha256: createHash('sha256').update(document).digest('hex'), size: document.length }
}
