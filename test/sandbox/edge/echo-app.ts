import { createServer, type Server } from 'node:http'
import { WebSocketServer } from 'ws'

/** What arrived, as the application sees it. */
export interface Arrived {
  readonly port: number
  readonly url: string
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[]
  /** Bytes of the body. */
  readonly bytes: number
}

/**
 * An environment in the place of a real one, on its ports: says what arrived, waits `?ms=`, and echoes on websockets.
 * It lets idle connections live for as long as the proxy of an environment does.
 */
export class EchoApp {
  readonly #address: string
  readonly #ports: readonly number[]
  #servers: Server[] = []

  constructor(ports: readonly number[], address = '127.0.0.1') {
    this.#ports = ports
    this.#address = address
  }

  async up(): Promise<void> {
    this.#servers = await Promise.all(this.#ports.map(port => this.#listen(port)))
  }

  down(): void {
    for (const server of this.#servers) {
      server.closeAllConnections()
      server.close()
    }
    this.#servers = []
  }

  #listen(port: number): Promise<Server> {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      request.on('end', () => {
        const arrived: Arrived = { port, url: request.url ?? '', headers: request.rawHeaders, bytes }
        const ms = Number(new URL(arrived.url, 'http://x').searchParams.get('ms') ?? 1)
        setTimeout(() => response.end(JSON.stringify(arrived)), ms)
      })
    })
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', socket => socket.on('message', data => socket.send(String(data))))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, this.#address, () => resolve(server))
    })
  }
}

/** The values of a header in what arrived, whatever its case. */
export const valuesOf = ({ headers }: Arrived, name: string): string[] =>
  headers.flatMap((word, i) => (i % 2 === 0 && word.toLowerCase() === name ? [headers[i + 1] ?? ''] : []))
