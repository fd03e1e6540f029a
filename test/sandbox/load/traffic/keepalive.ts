import { ownVersion, wholePage } from '../complaint.ts'
import { Connection, Pool } from '../connection.ts'
import type { Question } from '../exchange.ts'
import { pause } from '../pause.ts'
import { type Scene, type Traffic, to } from '../scene.ts'

const SIZE = { few: 12, most: 256 }
const IDLERS = 8

/**
 * Persistent connections, as browsers and proxies hold them: busy ones, and ones that are used
 * only now and then, to meet a server that closes them at that very moment.
 */
export function keepalive(scene: Scene): Traffic {
  const common = { kind: 'keepalive', status: 200, patienceMs: scene.settings.patienceMs } as const
  const version: Question = {
    ...common,
    service: 'backend',
    options: to(scene, 'backend', 'GET', '/api/version'),
    complaint: ownVersion,
  }
  const page: Question = {
    ...common,
    service: 'frontend',
    options: to(scene, 'frontend', 'GET', '/'),
    complaint: wholePage,
  }
  const questions = [version, page]
  const pools = questions.map(question => new Pool(SIZE, () => new Connection(question, scene.journal)))
  let turn = 0
  return {
    start() {
      const connection = pools[turn++ % pools.length]?.free()
      connection?.ask()
      return connection !== undefined
    },
    loops: questions.flatMap(question => Array.from({ length: IDLERS }, () => () => idle(question, scene))),
    loopsPerSecond: (questions.length * IDLERS) / 3,
  }
}

async function idle(question: Question, { journal, stop }: Scene): Promise<void> {
  const connection = new Connection(question, journal)
  while (!stop.aborted) {
    await connection.ask()
    await pause(idleMs(), stop)
  }
}

/** 0.1 to 6 s. Half of them near a whole second, since that is how idle timeouts are configured. */
function idleMs(): number {
  if (Math.random() < 0.5) return 100 + Math.random() * 5900
  return 1000 * Math.ceil(Math.random() * 6) + (Math.random() - 0.5) * 30
}
