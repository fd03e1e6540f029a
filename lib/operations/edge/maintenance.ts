import { commandOf } from '../../base/command-text.ts'
import { Failure } from '../../base/failure.ts'
import { readIfThere, writeAtomically } from '../../base/files.ts'
import type { Result } from '../../run/events.ts'
import { maintenanceFile, readState } from './directory.ts'
import type { EdgeSite } from './site.ts'

/** The map as HAProxy names it. */
const inside = '/maintenance/sites.map'

/** Shows an environment's users the maintenance page, or no longer: on disk first, then in the process that serves. */
export async function setMaintenance(
  { edge, slots, run }: EdgeSite,
  environment: string,
  wanted: 'on' | 'off',
): Promise<Result> {
  const [live] = await slots.serving(readState(edge)?.live ?? null)
  if (!live)
    throw new Failure({
      what: 'the TLS edge does not run, so nobody is shown anything',
      fix: commandOf('deploy', edge.name),
    })
  await run.step(`Maintenance of ${environment}: ${wanted}`, async step => {
    const away = (readIfThere(maintenanceFile(edge)) ?? '').split('\n').filter(line => line !== '')
    const others = away.filter(line => line !== `${environment} on`)
    const lines = wanted === 'on' ? [...others, `${environment} on`] : others
    writeAtomically(maintenanceFile(edge), lines.map(line => `${line}\n`).join(''))
    await slots.ask(live, `del map ${inside} ${environment}`) // also before adding: a map may hold a line twice
    if (wanted === 'on') await slots.ask(live, `add map ${inside} ${environment} on`)
    const isOn = (await slots.ask(live, `show map ${inside}`)).includes(` ${environment} on`)
    if (isOn !== (wanted === 'on'))
      throw new Failure({ what: `the edge did not switch the maintenance of ${environment} ${wanted}` })
    step.note(wanted === 'on' ? 'users see the maintenance page' : 'users see the application')
  })
  return [[environment, wanted === 'on' ? 'in maintenance' : 'served']]
}
