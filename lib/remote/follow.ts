import type { ClientChannel } from 'ssh2'
import { exitCodes, Failure, problemOf } from '../base/failure.ts'
import { sleep } from '../base/wait.ts'
import { Audience, type Following, lookAgain } from './client.ts'
import { Disconnected } from './command.ts'
import { type Connection, connectOnce } from './connect.ts'
import { describeDestination } from './destination.ts'

/** ms between attempts to reach the VPS again, the last one repeated; and when to give up: a reboot takes less. */
const backoff = [200, 500, 1000, 2000, 4000, 8000]
const reconnectFor = 10 * 60_000

/**
 * Starts a session and shows what it says until it ends; connects again as often as the connection is lost, and goes
 * on where it was.
 * @param porter who has come to the first connection's door already
 * @returns the script's exit code. @throws Failure when it has no exit code, or is no longer to be reached.
 */
export async function followSession(following: Following, porter?: ClientChannel): Promise<number> {
  const audience = new Audience(following)
  let { connection } = following
  let first = porter
  try {
    for (;;) {
      try {
        return await audience.attend(connection, first)
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error
      }
      first = undefined
      connection.client.destroy()
      connection = await reconnect(following, text => audience.remark(text))
    }
  } finally {
    audience.leave()
    connection.client.destroy() // all is said: a polite end would cost a round trip
  }
}

async function reconnect({ access, errand }: Following, remark: (text: string) => void): Promise<Connection> {
  const where = describeDestination(access.destination)
  remark(`the connection to ${where} is lost; the run goes on there; connecting again`)
  const since = Date.now()
  for (let tries = 0; ; tries += 1) {
    await sleep(backoff[Math.min(tries, backoff.length - 1)] ?? 0)
    try {
      const connection = await connectOnce(access)
      remark(`connected again after ${Math.round((Date.now() - since) / 1000)} s`)
      return connection
    } catch (error) {
      const isLost = error instanceof Failure && !(error instanceof Disconnected)
      if (!isLost && Date.now() - since < reconnectFor) continue
      throw new Failure(
        {
          what: `${where} cannot be reached any more; the run goes on there`,
          detail: problemOf(error).what,
          fix: `look again: ${lookAgain({ access, errand })}`,
        },
        exitCodes.needsPerson,
      )
    }
  }
}
