import { jsonWith } from '../complaint.ts'
import { Connection } from '../connection.ts'
import type { Question } from '../exchange.ts'
import { pause } from '../pause.ts'
import { type Scene, type Traffic, to } from '../scene.ts'
import type { Service } from '../settings.ts'

const CLIENTS: readonly Service[] = ['backend', 'backend', 'frontend', 'frontend']

/** Requests that take 2 s, half of them through the frontend: a drain has to wait for them. */
export function slow(scene: Scene): Traffic {
  return waiting(scene, 'slow', '/api/slow?seconds=2', 2)
}

/** Long polls, 5 s each. */
export function poll(scene: Scene): Traffic {
  return waiting(scene, 'poll', '/api/poll?seconds=5', 5)
}

function waiting(scene: Scene, kind: 'slow' | 'poll', path: string, seconds: number): Traffic {
  const { journal, stop } = scene
  const loop = async (service: Service, index: number) => {
    const question: Question = {
      kind,
      service,
      options: to(scene, service, 'GET', path),
      status: 200,
      patienceMs: seconds * 1000 + scene.settings.patienceMs,
      complaint: jsonWith({ waited: seconds }),
    }
    const connection = new Connection(question, journal)
    // Out of step, so that at any instant some have just begun and some are about to end.
    await pause((index * seconds * 1000) / CLIENTS.length, stop)
    while (!stop.aborted) await served(connection, stop)
  }
  return {
    loops: CLIENTS.map((service, index) => () => loop(service, index)),
    loopsPerSecond: CLIENTS.length / seconds,
  }
}

/** A server that refuses at once must not be asked thousands of times a second. */
async function served(connection: Connection, stop: AbortSignal): Promise<void> {
  const outcome = await connection.ask()
  if (outcome.failure) await pause(200, stop)
}
