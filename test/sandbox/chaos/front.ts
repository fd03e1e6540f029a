import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { registry } from '../build-images.ts'

const port = 5055
export const frontHost = `127.0.0.1:${port}`

/** How a registry lets one down: nobody answers, or a 500, or an answer that ends half-way. */
export const letdowns = ['refuses', 'answers 500', 'cuts answers off'] as const
export type Letdown = (typeof letdowns)[number]

/** A front of the sandbox's registry that passes everything on, until it is told to fail. */
export class RegistryFront {
  #server: Server | undefined
  #plan: { readonly how: Letdown; readonly from: RegExp } | undefined
  #failing = false
  #failed = 0

  async open(): Promise<void> {
    const server = createServer((asked, answer) => this.#pass(asked, answer))
    this.#server = server
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
  }

  close(): void {
    this.#server?.close()
    this.#server?.closeAllConnections()
  }

  /** From the first request on whose path matches, every answer is a letdown. */
  failFrom(from: RegExp, how: Letdown): void {
    this.#plan = { from, how }
    this.#failed = 0
  }

  /** @returns how many requests it has let down. */
  fix(): number {
    this.#plan = undefined
    this.#failing = false
    return this.#failed
  }

  get failed(): number {
    return this.#failed
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url = '/', headers } = asked
    if (this.#plan?.from.test(`${method} ${url}`)) this.#failing = true
    const how = this.#failing ? this.#plan?.how : undefined
    if (how !== undefined) this.#failed += 1
    if (how === 'refuses') return void asked.socket.resetAndDestroy()
    if (how === 'answers 500') return void answer.writeHead(500).end('the disk of the registry is full\n')
    const [host, hostPort] = registry.host.split(':')
    const through = request({ host, port: hostPort, method, path: url, headers }, from => {
      answer.writeHead(from.statusCode ?? 502, from.headers)
      if (how !== 'cuts answers off') return void from.pipe(answer)
      from.once('end', () => asked.socket.destroy()) // it had no body to be cut
      from.once('data', (chunk: Buffer) => {
        answer.write(chunk.subarray(0, chunk.length >> 1), () => asked.socket.destroy())
        from.destroy()
      })
    })
    through.on('error', () => asked.socket.destroy()) // the registry itself is down: so are we
    asked.pipe(through)
  }
}
