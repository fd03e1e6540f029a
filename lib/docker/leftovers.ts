import { attempt } from '../base/shell.ts'
import { isAlive } from './owner.ts'
import { question } from './question.ts'
import { abandonedDirectories } from './scratch-directory.ts'

/** Every container of migrate-check bears it, with the process that it belongs to. */
export const label = 'tracehub.migrate-check'

/** Removes what runs that were killed have left: containers and temporary files. */
export async function removeLeftovers(): Promise<void> {
  // rm(1) stays below the directory, whatever is put in its place meanwhile; one that it leaves is in nobody's way.
  const directories = abandonedDirectories()
  if (directories.length > 0) await attempt(['rm', '-rf', '--', ...directories])
  const { ok, stdout } = await attempt(
    [
      ...['docker', 'ps', '--all', '--filter', `label=${label}`],
      ...['--format', `{{.Names}} {{.Label "${label}"}}`],
    ],
    question,
  )
  if (!ok) return // no Docker, no containers
  const dead = stdout
    .split('\n')
    .map(line => line.split(' '))
    .flatMap(([name, owner]) => (name && owner && !isAlive(owner) ? [name] : []))
  if (dead.length > 0) await attempt(['docker', 'rm', '--force', '--volumes', ...dead])
}
