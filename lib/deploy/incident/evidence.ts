import { Failure, problemOf } from '../../base/failure.ts'
import { columns, lastLines, printable } from '../../base/text.ts'
import { conditionOf } from '../../docker/containers.ts'
import { servicesOf } from '../../docker/project.ts'
import type { Colour } from '../../environment/environment.ts'
import type { Site } from '../../proxy/site.ts'

/** How the containers are, into the run's log. */
export async function noteHealth(site: Site, when: 'before' | 'after'): Promise<void> {
  await evidence(site, `health ${when}`, async () => {
    const containers = await site.project.containers()
    const rows = containers.map(container => {
      const condition = conditionOf(container)
      const why = condition.is === 'healthy' ? '' : condition.why
      return [
        container.service,
        `${container.status}, ${condition.is}`,
        `${container.restarts} restarts`,
        why,
      ]
    })
    return columns([...rows, ['users', `on ${site.proxy.mapOnDisk() ?? 'nothing'}`]])
  })
}

/** What a colour's containers said last, before they are taken away. */
export async function noteLastWords(site: Site, colour: Colour): Promise<void> {
  for (const container of await site.project.containers(servicesOf(colour)))
    await evidence(site, `last lines of ${container.service}`, async () =>
      telling(await site.project.logs(container, 200)),
    )
}

const complaint = /error|exception|traceback|fatal|panic|critical|refused|denied|timed? ?out|cannot|failed/i

/** The last lines that complain, each with the two before it; where none does, the last lines. */
export function telling(log: string): string {
  const lines = printable(log).split('\n')
  const chosen = lines.filter((_, i) => lines.slice(i, i + 3).some(line => complaint.test(line)))
  return lastLines(chosen.length > 0 ? chosen.join('\n') : log, 20)
}

/** Looking must not be what makes taking back fail. */
async function evidence({ run }: Site, what: string, look: () => Promise<string>): Promise<void> {
  try {
    run.evidence(what, (await look()) || 'nothing')
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    run.evidence(what, `not to be had: ${problemOf(error).what}`)
  }
}
