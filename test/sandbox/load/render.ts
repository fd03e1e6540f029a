import type { Count, FailureReport, KindReport, Mark, Report } from './report.ts'

/** The report for a person: aligned, quiet when all is well, complete when it is not. */
export function render(report: Report): string {
  const { totals, rate, behind, failures, versions, posts, websocket, marks } = report
  const verdict = totals.failed === 0 ? 'no request failed' : `${totals.failed} REQUESTS FAILED`
  const parts = [
    `${report.run}: ${verdict}, ${totals.ok} of ${totals.sent} answered in ${report.seconds.toFixed(1)} s (${report.state})`,
    `rate ${rate.reached.toFixed(0)}/s of ${rate.wanted}/s, ${(report.cpu * 100).toFixed(0)} % of one core, ` +
      `at most ${behind.maxLagMs.toFixed(0)} ms late, ${behind.skipped} skipped, ` +
      `longest gap ${report.longestGapMs} ms at ${clock(report.longestGapAt)}`,
    '',
    table([
      ['kind', 'sent', 'ok', 'failed', 'in flight', 'connections', 'p50 ms', 'p99 ms', 'max ms', 'gap ms'],
      ...Object.entries(report.kinds).map(([kind, count]) => [kind, ...row(count)]),
    ]),
    '',
    ...Object.entries(versions).flatMap(([service, seen]) =>
      Object.entries(seen).map(
        ([version, { count, firstStarted, lastStarted, lastEnded }]) =>
          `${service} ${version}: ${count} answers to requests of ${clock(firstStarted)} to ${clock(lastStarted)}, the last at ${clock(lastEnded)}`,
      ),
    ),
    `posts ${posts.prefix}-1 to -${posts.sent}: ${posts.unknown.length} of unknown outcome, ${posts.inFlight.length} in flight`,
    `tunnels closed by the server: ${websocket.closed} ${JSON.stringify(websocket.codes)}, messages sent again: ${websocket.resent}`,
    ...marks.map(({ label, at }) => `mark ${clock(at)} ${label}`),
    ...failures.flatMap(failure => ['', ...described(failure, marks)]),
  ]
  return parts.join('\n')
}

function row(count: Count & KindReport): string[] {
  const { sent, ok, failed, inFlight, connections, p50Ms, p99Ms, maxMs, longestGapMs } = count
  const whole = [sent, ok, failed, inFlight, connections].map(String)
  return [...whole, ...[p50Ms, p99Ms, maxMs].map(ms => ms.toFixed(1)), String(longestGapMs)]
}

function described({ kind, reason, count, examples }: FailureReport, marks: readonly Mark[]): string[] {
  return [
    `${count} × ${kind}: ${reason}`,
    ...examples.map(({ service, request, started, ended, idleMs, version, detail }) => {
      const idle = idleMs === null ? 'new connection' : `connection idle for ${idleMs.toFixed(0)} ms`
      const by = version === null ? '' : `, answered by ${version}`
      return `  ${clock(ended)}${since(ended, marks)} ${service} ${request} after ${ended - started} ms, ${idle}${by}\n    ${detail}`
    }),
  ]
}

/** Where an instant lies in the test's own story. */
function since(instant: number, marks: readonly Mark[]): string {
  const last = marks.filter(({ at }) => at <= instant).at(-1)
  return last ? ` (${last.label} + ${instant - last.at} ms)` : ''
}

function clock(instant: number): string {
  return Number.isFinite(instant) ? new Date(instant).toISOString().slice(11, 23) : '-'
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows
    .map(([name = '', ...cells]) =>
      [
        name.padEnd(widths[0] ?? 0),
        ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0)),
      ].join('  '),
    )
    .join('\n')
}
