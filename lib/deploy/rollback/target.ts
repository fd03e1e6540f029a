import { Failure } from '../../base/failure.ts'
import { columns, duration } from '../../base/text.ts'
import { findRelease, type Release, shortDigest } from '../../environment/releases.ts'

/**
 * The release to return to: the given one, or the one that the live version replaced. After a rollback that is again
 * an older one: rolling back twice never returns to the version that was left.
 */
export function targetOf(releases: readonly Release[], to: number | undefined): Release {
  const live = releases.at(-1)
  if (!live) throw new Failure({ what: 'there is no release yet', fix: 'deploy first' })
  const number = to ?? live.previous
  if (number === null)
    throw new Failure({
      what: `release ${live.release} is the first: there is none before it`,
      fix: 'deploy a fixed version',
    })
  if (number === live.release)
    throw new Failure({ what: `release ${number} is live already`, fix: '--list shows the releases' })
  const target = findRelease(releases, number)
  if (!target) throw new Failure({ what: `there is no release ${number}`, fix: '--list shows the releases' })
  return target
}

/** All releases, newest first, each once, with the live one marked. */
export function releaseTable(releases: readonly Release[], now: number): string {
  const live = releases.at(-1)
  if (!live) return 'no releases yet'
  const numbers = [...new Set(releases.map(({ release }) => release))].sort((a, b) => b - a)
  const rows = numbers.flatMap(number => {
    const release = findRelease(releases, number)
    if (!release) return []
    return [
      [
        number === live.release ? '* live' : '',
        String(number),
        release.tag,
        shortDigest(release.images.backend),
        release.schema ?? 'empty',
        `${duration(now - release.at)} ago`,
        release.who,
      ],
    ]
  })
  return columns([['', 'release', 'tag', 'backend', 'schema', 'live since', 'by'], ...rows])
}
