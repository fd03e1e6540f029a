import type { Problem } from '../base/failure.ts'
import { bytes } from '../base/text.ts'
import type { Destination } from './destination.ts'

/** package.json, engines: since this one node:zlib has crc32. */
export const neededNode = { major: 20, minor: 15 }
/** Bytes: the toolkit with its dependencies has 100 MB; a run wants room for its log. */
const neededDisk = 300 * 1024 * 1024

/** Everything that keeps a script from running there. */
export function problemsIn(
  facts: ReadonlyMap<string, string>,
  { user, host }: Destination,
  directory: string,
): Problem[] {
  const problems: Problem[] = []
  const tell = (what: string, fix: string): void => void problems.push({ what, fix })
  const node = facts.get('node') ?? ''
  const [, major = 0, minor = 0] = / v(\d+)\.(\d+)/.exec(node)?.map(Number) ?? []
  const isOld = major * 1000 + minor < neededNode.major * 1000 + neededNode.minor
  const needed = `${neededNode.major}.${neededNode.minor}`
  const install = `install Node.js ${needed} or later there: https://nodejs.org/en/download`
  if (node === '') tell(`Node.js is not installed on ${host}`, install)
  else if (isOld)
    tell(`Node.js on ${host} is too old: ${node.split(' ')[1]}, and ${needed} or later is needed`, install)
  else if (!facts.has('npm') && !facts.has('dependencies'))
    tell(`npm is not installed on ${host}, though Node.js is`, 'apt-get install npm')
  if (facts.get('docker') === 'missing')
    tell(`Docker is not installed on ${host}`, 'https://docs.docker.com/engine/install')
  if (facts.get('docker') === 'refused')
    tell(
      `${user} may not use Docker on ${host}`,
      `there: sudo usermod -aG docker ${user}; it counts from the next login on`,
    )
  for (const program of ['flock', 'setpriv'])
    if (facts.has(`missing-${program}`))
      tell(`${program} is not installed on ${host}`, 'apt-get install util-linux')
  if (facts.get('directory') === 'missing')
    tell(
      `${directory} is not on ${host}, and ${user} may not make it`,
      `there: sudo mkdir -p ${directory} && sudo chown ${user} ${directory}`,
    )
  if (facts.get('directory') === 'refused')
    tell(`${user} may not write to ${directory} on ${host}`, `there: sudo chown -R ${user} ${directory}`)
  const free = Number(facts.get('free') ?? Number.POSITIVE_INFINITY) * 1024
  if (free < neededDisk)
    tell(
      `the disk of ${host} is full: ${bytes(free)} free at ${directory}, and ${bytes(neededDisk)} are needed`,
      `there: df -h ${directory}; docker system df shows what takes the space`,
    )
  return problems
}
