import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { Failure, problemOf } from '../base/failure.ts'

/**
 * One command on a HAProxy's runtime socket (HAProxy Management Guide, section 9.3), and its answer.
 * @throws Failure when nothing answers there within 5 s.
 */
export async function askProxy(path: string, command: string): Promise<string> {
  const socket = connect(path)
  socket.setTimeout(5000, () => socket.destroy(new Error('nothing came within 5 s')))
  socket.write(`${command}\n`)
  try {
    return await text(socket)
  } catch (error) {
    throw new Failure({ what: `the proxy does not answer: ${problemOf(error).what}` })
  }
}

/** A line of `show servers state` (HAProxy Management Guide, 9.3). */
export type Server = Readonly<ReturnType<typeof parseServers>[number]>

export function parseServers(report: string) {
  const lines = report.split('\n')
  const names = (lines.find(line => line.startsWith('# ')) ?? '').slice(2).split(' ')
  const at = (fields: string[], name: string): string => fields[names.indexOf(name)] ?? ''
  return lines
    .filter(line => /^\d+ /.test(line))
    .map(line => line.split(' '))
    .map(fields => ({
      backend: at(fields, 'be_name'),
      address: at(fields, 'srv_addr'),
      // It has an address and is not in maintenance.
      // srv_op_state: 2 is running; srv_admin_state: 32 is "no address", 0 is no maintenance of any kind
      running: at(fields, 'srv_op_state') === '2' && at(fields, 'srv_admin_state') === '0',
    }))
}

/** Counters since the proxy started. */
export interface Traffic {
  readonly requests: number
  /** Answers of 500 and above, the proxy's own included. */
  readonly errors: number
  /** Open now: for a frontend connections, for a backend requests in flight. */
  readonly open: number
}

/** Reads `show stat` (CSV): the traffic of every frontend and backend by name. */
export function parseTraffic(report: string): Map<string, Traffic> {
  const [header = '', ...rows] = report.replace(/^# /, '').split('\n')
  const names = header.split(',')
  const traffic = new Map<string, Traffic>()
  for (const row of rows) {
    const fields = row.split(',')
    const field = (name: string): string => fields[names.indexOf(name)] ?? ''
    const number = (name: string): number => Number(field(name))
    if (!['FRONTEND', 'BACKEND'].includes(field('svname'))) continue
    traffic.set(field('pxname'), {
      // A connection without a request, a health check's for example, is none: stot only where there is no req_tot.
      requests: number(field('req_tot') === '' ? 'stot' : 'req_tot'),
      errors: number('hrsp_5xx'),
      open: number('scur'),
    })
  }
  return traffic
}

/** Traffic between two readings; a proxy that was restarted in between counts from zero again. */
export function since(before: Traffic, now: Traffic): Traffic {
  const restarted = now.requests < before.requests || now.errors < before.errors
  return {
    requests: now.requests - (restarted ? 0 : before.requests),
    errors: now.errors - (restarted ? 0 : before.errors),
    open: now.open,
  }
}

/**
 * Whether errors have become clearly more frequent: at least five, and more than twice the share that there was
 * before plus one percent. A few errors among many requests were no reason to disturb everybody again.
 */
export function degraded(before: Traffic, after: Traffic): boolean {
  const share = (traffic: Traffic): number => (traffic.requests === 0 ? 0 : traffic.errors / traffic.requests)
  return after.errors >= 5 && share(after) > 2 * share(before) + 0.01
}
