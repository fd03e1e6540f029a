import { join } from 'node:path'
import type { Ran, RunOptions } from '../base/shell.ts'
import type { Project } from '../docker/project.ts'
import type { Site } from '../proxy/site.ts'

/** What restoring works on: the environment's own server, or another one that stands in for it. */
export type Restoring = Pick<Site, 'environment' | 'project'> & {
  readonly run: Pick<Site['run'], 'signal' | 'note' | 'warn'>
}

/** Where `backups/` is inside the database's container. */
export const inside = (name: string): string => join('/backups', name)

/** Runs a command in the database's container as whoever runs the toolkit: the files it makes are ours. */
export const inDatabase = (
  project: Project,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Ran> =>
  project.exec('db', command, { ...options, user: `${process.getuid?.()}:${process.getgid?.()}` })
