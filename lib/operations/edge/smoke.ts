import { Failure, problemOf } from '../../base/failure.ts'
import { ask } from '../../base/http.ts'
import type { Colour, Edge } from '../../environment/environment.ts'
import type { Served } from '../../proxy/edge-certificates.ts'
import { socketOf } from './directory.ts'

/**
 * Asks one process of the edge, through sockets of its own, what users will ask: every domain by TLS with its own
 * certificate, the way from http to https, and nothing for a name that is not ours.
 * @returns the domains whose environment is down: that is not the edge's fault.
 * @throws Failure that lists what is not as it must be.
 */
export async function smokeTestEdge(
  edge: Edge,
  name: Colour | 'rehearsal',
  served: readonly Served[],
): Promise<string[]> {
  const away: string[] = []
  const wrong: string[] = []
  const answerTo = (host: string, protocol: 'http' | 'https') => {
    const target = { socket: socketOf(edge, `${name}-${protocol}`), path: '/', host }
    return ask(protocol === 'https' ? { ...target, tls: true } : target, edge.timeouts.request)
  }
  await Promise.all(
    served.map(async ({ domain, certificate }) => {
      try {
        const plain = await answerTo(domain, 'http')
        if (plain.status !== 308) wrong.push(`http://${domain}/: expected a redirect, found ${plain.status}`)
        if (!certificate) return
        const answer = await answerTo(domain, 'https')
        if (answer.certificate?.fingerprint256 !== certificate.fingerprint)
          wrong.push(`https://${domain}/: another certificate than that of ${certificate.file}`)
        if (answer.status === 503) away.push(domain)
        else if (answer.status >= 400) wrong.push(`https://${domain}/: answers ${answer.status}`)
      } catch (error) {
        wrong.push(`${domain}: ${problemOf(error).what}`)
      }
    }),
  )
  const stranger = 'not-ours.invalid'
  const answer = await answerTo(stranger, 'https').catch(() => undefined)
  if (answer) wrong.push(`https://${stranger}/: expected that the handshake is refused, and it was answered`)
  if (wrong.length === 0) return away.sort()
  throw new Failure({
    what: `the smoke tests of the edge's new process failed`,
    detail: wrong.join('\n'),
    fix: 'fix environments/shared.ts or environments/edge, and try again',
  })
}
