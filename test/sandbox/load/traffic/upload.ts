import { createHash, randomBytes } from 'node:crypto'
import type { ClientRequest } from 'node:http'
import { jsonWith } from '../complaint.ts'
import { exchange, type Question } from '../exchange.ts'
import { pause } from '../pause.ts'
import { type Scene, type Traffic, to } from '../scene.ts'

const SIZE = 1024 * 1024
const TAKES_MS = 2000
const PIECES = 20
const CLIENTS = 2

/** Documents of 1 MiB, sent through the frontend over 2 s: at any instant one is on its way. */
export function upload(scene: Scene): Traffic {
  const { journal, stop } = scene
  const document = randomBytes(SIZE)
  const sha256 = createHash('sha256').update(document).digest('hex')
  const { body, type } = multipart(document, scene.settings.run)
  const question: Question = {
    kind: 'upload',
    service: 'frontend',
    options: {
      ...to(scene, 'frontend', 'POST', '/api/documents/upload'),
      headers: { 'content-type': type, 'content-length': body.length },
      agent: false,
    },
    status: 201,
    patienceMs: TAKES_MS + scene.settings.patienceMs,
    complaint: jsonWith({ sha256, size: SIZE }),
  }
  const loop = async (index: number) => {
    await pause((index * TAKES_MS) / CLIENTS, stop)
    while (!stop.aborted) {
      const outcome = await exchange(question, journal, { send: request => trickle(request, body) })
      if (outcome.failure) await pause(200, stop)
    }
  }
  return {
    loops: Array.from({ length: CLIENTS }, (_, index) => () => loop(index)),
    loopsPerSecond: (CLIENTS * 1000) / TAKES_MS,
  }
}

/** Sends the body piece by piece; gives up when the request is over. */
function trickle(request: ClientRequest, body: Buffer): void {
  const piece = Math.ceil(body.length / PIECES)
  let sent = 0
  const timer = setInterval(() => {
    request.write(body.subarray(sent, sent + piece))
    sent += piece
    if (sent < body.length) return
    clearInterval(timer)
    request.end()
  }, TAKES_MS / PIECES)
  request.on('close', () => clearInterval(timer))
}

/** One file in a form, as a browser sends it: RFC 7578. */
function multipart(document: Buffer, name: string): { body: Buffer; type: string } {
  const boundary = `----${name}`
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"; filename="${name}.bin"`,
    'Content-Type: application/octet-stream',
    '',
    '',
  ].join('\r\n')
  const body = Buffer.concat([Buffer.from(head), document, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return { body, type: `multipart/form-data; boundary=${boundary}` }
}
