import { type Project, servicesOf } from '../docker/project.ts'
import { otherColour, parts } from '../environment/environment.ts'
import type { Release } from '../environment/releases.ts'
import { HAProxy } from '../proxy/proxy.ts'

/** Whether a release's containers still exist in the colour that users are not on, as they were when they served. */
export async function standsBy(project: Project, target: Release): Promise<boolean> {
  const live = new HAProxy(project.environment).mapOnDisk()
  if (live === null) return false
  const colour = otherColour(live)
  const containers = await project.containers(servicesOf(colour))
  return parts.every(part =>
    containers.some(({ service, image }) => service === `${part}-${colour}` && image === target.images[part]),
  )
}
