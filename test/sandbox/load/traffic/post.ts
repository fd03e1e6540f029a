import { jsonWith } from '../complaint.ts'
import { Connection, Pool } from '../connection.ts'
import type { Question } from '../exchange.ts'
import { type Scene, type Traffic, to } from '../scene.ts'

const SIZE = { few: 8, most: 256 }
const JSON_TYPE = { 'content-type': 'application/json' }

/** Writes, on persistent connections: each must be acknowledged, and stored exactly once. */
export function post(scene: Scene): Traffic {
  const { journal, ledger } = scene
  const question: Question = {
    kind: 'post',
    service: 'backend',
    options: { ...to(scene, 'backend', 'POST', '/api/shipments'), headers: JSON_TYPE },
    status: 201,
    patienceMs: scene.settings.patienceMs,
    complaint: jsonWith({}),
  }
  const pool = new Pool(SIZE, () => new Connection(question, journal))

  async function store(connection: Connection): Promise<void> {
    const reference = ledger.next()
    const json = JSON.stringify({ reference, origin: 'Hamburg', destination: 'Rotterdam' })
    const outcome = await connection.ask({
      name: reference,
      send: request => request.end(json),
      // An answer to somebody else's request is as bad as none.
      complaint: jsonWith({ reference }),
    })
    ledger.ended(reference, outcome.failure === undefined)
  }

  return {
    start() {
      const connection = pool.free()
      if (connection) store(connection)
      return connection !== undefined
    },
  }
}
