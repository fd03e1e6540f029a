import { readdirSync, readFileSync } from 'node:fs'

/** Commands of runs of production that are still at work although no run is. */
export function processFindings(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      const read = (file: string): string => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'latin1')
        } catch {
          return '' // it has ended meanwhile
        }
      }
      const mark = read('environ')
        .split('\0')
        .find(word => word.startsWith('TRACEHUB_RUN=tracehub-production@'))
      const ended = /^State:\s+[ZX]/m.test(read('status'))
      return mark && !ended
        ? [`process ${pid} of a run is still at work: ${read('cmdline').replaceAll('\0', ' ')}`]
        : []
    })
}
