import { commandOf } from '../../base/command-text.ts'
import type { Facts } from './facts.ts'

/** A length of time (ms) as coarsely as one says it: `45 s`, `12 min`, `3 h`, `5 days`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

/** `26 Nov 14:25`, UTC. */
export function moment(at: number): string {
  const [, day, month, time] = /^\w+, (\d+) (\w+) \d+ (\d\d:\d\d)/.exec(new Date(at).toUTCString()) ?? []
  return `${day} ${month} ${time}`
}

/** A share: `0 %`, `0.02 %`, `61 %`. */
export function percent(share: number): string {
  const value = share * 100
  if (value === 0 || value >= 9.95) return `${Math.round(value)} %`
  return value < 0.01 ? 'below 0.01 %' : `${value.toFixed(value < 0.995 ? 2 : 1)} %`
}

/** A command for a person, as one types it in the environment's directory. */
export const typed = ({ environment }: Facts, words: string): string =>
  `cd ${environment.directory} && docker compose ${words}`

/** Deploying what is live already repairs and changes nothing else. */
export const repairing = ({ environment, release }: Facts): string =>
  `${commandOf('deploy', environment.name)}${release ? ` --tag ${release.tag}` : ''}`
