import { connect, createServer, type Socket } from 'node:net'
import { sshPort } from './sshd.ts'

/** The network between a client and the VPS: slow where it is to be, and cut when it is told to. */
export interface Relay {
  readonly port: number
  /** Every connection breaks; for `ms` nobody gets through. */
  cut(ms?: number): void
  /** How often the direction has changed: two turns are one round trip. */
  turns(): number
  close(): void
}

/** @param delay ms for each direction: half of a round trip */
export function startRelay(delay = 0): Promise<Relay> {
  const sockets = new Set<Socket>()
  let closedUntil = 0
  let turns = 0
  let direction = ''
  const turn = (to: string): void => {
    if (to !== direction) turns += 1
    direction = to
  }
  const server = createServer(near => {
    if (Date.now() < closedUntil) return void near.destroy()
    const far = connect(sshPort, '127.0.0.1')
    for (const [from, to, name] of [
      [near, far, 'there'],
      [far, near, 'back'],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('data', (chunk: Buffer) => {
        turn(name)
        if (delay === 0) to.write(chunk)
        else setTimeout(() => to.writable && to.write(chunk), delay)
      })
      from.on('error', () => {}) // 'close' follows
      from.on('close', () => {
        sockets.delete(from)
        setTimeout(() => to.destroy(), delay)
      })
    }
  })
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new TypeError('it listens on a port')
      resolve({
        port: address.port,
        cut: (ms = 0) => {
          closedUntil = Date.now() + ms
          for (const socket of sockets) socket.resetAndDestroy()
        },
        turns: () => turns,
        close: () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        },
      })
    })
  })
}
