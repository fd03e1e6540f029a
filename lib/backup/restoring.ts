import type { Site } from '../proxy/site.ts'

/** What restoring works on: the environment's own server, or another one that stands in for it. */
export type Restoring = Pick<Site, 'environment' | 'project'> & {
  readonly run: Pick<Site['run'], 'signal' | 'note' | 'warn'>
}
