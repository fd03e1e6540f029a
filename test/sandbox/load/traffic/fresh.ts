import { jsonWith, wholePage } from '../complaint.ts'
import { exchange, type Question } from '../exchange.ts'
import { type Scene, type Traffic, to } from '../scene.ts'

const MOST_IN_FLIGHT = 256

/** A new connection for every request, closed by its answer. */
export function fresh(scene: Scene): Traffic {
  const agent = false // one for each request
  const common = { kind: 'new', status: 200, patienceMs: scene.settings.patienceMs } as const
  const questions: Question[] = [
    {
      ...common,
      service: 'backend',
      // Not /health: behind the TLS edge that is the frontend's, by its path.
      options: { ...to(scene, 'backend', 'GET', '/api/health'), agent },
      complaint: jsonWith({ status: 'healthy' }),
    },
    {
      ...common,
      service: 'frontend',
      options: { ...to(scene, 'frontend', 'GET', '/'), agent },
      complaint: wholePage,
    },
  ]
  let turn = 0
  let inFlight = 0
  return {
    start() {
      const question = questions[turn++ % questions.length]
      if (!question || inFlight >= MOST_IN_FLIGHT) return false
      inFlight++
      exchange(question, scene.journal).then(() => inFlight--)
      return true
    },
  }
}
