import { X509Certificate } from 'node:crypto'
import { Failure } from '../../base/failure.ts'
import type { Colour } from '../../environment/environment.ts'
import { crtListLine, listInside, pathInside, type Served } from '../../proxy/edge-certificates.ts'
import type { Slots } from './slots.ts'

/**
 * Gives a running process the certificates that it does not have yet, through its runtime socket (HAProxy Management
 * Guide, `set ssl cert`): no reload, and no connection notices. @returns the domains whose certificate is new.
 */
export async function renewCertificates(
  slots: Slots,
  slot: Colour,
  served: readonly Served[],
): Promise<string[]> {
  const renewed: string[] = []
  for (const { domain, certificate } of served) {
    if (!certificate) continue
    const path = pathInside(domain)
    const loaded = await slots.ask(slot, `show ssl cert ${path}`)
    if (isLoaded(certificate.pem, loaded)) continue
    const isNew = !loaded.includes('Filename:')
    if (isNew) await say(slots, slot, `new ssl cert ${path}`, /New empty/)
    await say(slots, slot, `set ssl cert ${path} <<\n${certificate.pem}`, /Transaction (created|updated)/)
    await commit(slots, slot, path)
    if (isNew)
      await say(slots, slot, `add ssl crt-list ${listInside} <<\n${crtListLine(domain)}\n`, /Success/)
    renewed.push(domain)
  }
  return renewed
}

async function commit(slots: Slots, slot: Colour, path: string): Promise<void> {
  try {
    await say(slots, slot, `commit ssl cert ${path}`, /Success/)
  } catch (error) {
    await slots.ask(slot, `abort ssl cert ${path}`) // an open transaction would be in the next one's way
    throw error
  }
}

async function say(slots: Slots, slot: Colour, command: string, expected: RegExp): Promise<void> {
  const answer = await slots.ask(slot, command)
  if (expected.test(answer)) return
  const [words = ''] = command.split(' <<')
  throw new Failure({ what: `the edge refused "${words}": ${answer.trim() || 'it said nothing'}` })
}

/** Whether HAProxy's report of what it has loaded is of this certificate, with a chain of the same length. */
export function isLoaded(pem: string, report: string): boolean {
  const fingerprint = new X509Certificate(pem).fingerprint.replaceAll(':', '')
  const chain = pem.split('BEGIN CERTIFICATE').length - 2
  return (
    report.includes(`SHA1 FingerPrint: ${fingerprint}`) && report.split('Chain Subject:').length - 1 === chain
  )
}
