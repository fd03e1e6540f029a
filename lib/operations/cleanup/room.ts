import { attempt } from '../../base/shell.ts'
import { bytes } from '../../base/text.ts'
import { disksOf } from '../status/disk.ts'
import { patience } from '../status/known.ts'
import { parseBytes } from '../status/usage.ts'
import { percent } from '../status/words.ts'

/** What `df` and `docker system df` say, in rows of name and words. */
export type Room = ReadonlyMap<string, string>

export async function roomOf(directory: string): Promise<Room> {
  const [disks, docker] = await Promise.all([disksOf(directory, patience), dockerRoom()])
  const free = disks.map(
    ({ holds, free, total }) => [`${holds}, free`, `${bytes(free)} (${percent(free / total)})`] as const,
  )
  return new Map([...free, ...docker])
}

/** Docker adds up the sizes of all volumes for this, which may take long: it is left out then. */
async function dockerRoom(): Promise<(readonly [string, string])[]> {
  const ran = await attempt(['docker', 'system', 'df', '--format', '{{json .}}'], { timeout: 60_000 }).catch(
    () => undefined, // it took too long
  )
  if (!ran?.ok) return []
  return ran.stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => {
      const {
        Type = '',
        Size = '',
        Reclaimable = '',
      } = JSON.parse(line) as Record<string, string | undefined>
      return [`docker ${Type.toLowerCase()}`, `${Size}${notInUse(Reclaimable)}`] as const
    })
}

/**
 * Docker adds up layers that images share in ways that do not fit: in containerd's store it may come to
 * `-3.9e+08B (-34%)` of the images. What is no size is left out.
 */
const notInUse = (reclaimable: string): string =>
  Number.isNaN(parseBytes(reclaimable.replace(/ \(\d+%\)$/, ''))) ? '' : `, ${reclaimable} not in use`

/** Before and after, and the same words once. */
export const compared = (before: Room, after: Room): (readonly [string, string])[] =>
  [...after].map(([name, now]) => {
    const then = before.get(name)
    return [name, then === undefined || then === now ? now : `${then} → ${now}`] as const
  })
