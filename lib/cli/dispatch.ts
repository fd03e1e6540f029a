import type { Command, Options, Parsed } from '../base/options.ts'
import { loadTarget } from '../environment/settings.ts'

/**
 * Every script with an option `--host` runs on the VPS where that, or `<NAME>_HOST`, names one: it is shipped, started
 * there and followed. There, and where no host is named, it simply runs. `--attach` shows another run in its place.
 */
export async function runWhereItBelongs<O extends Options>(
  command: Command<O>,
  options: Parsed<O>,
  words: readonly string[],
): Promise<number> {
  const session = process.env['TRACEHUB_SESSION']
  if (session) (await import('../remote/hosted.ts')).enter(session)
  else if ('host' in command.options) {
    const { shipmentOf } = await import('../remote/shipment.ts')
    const shipment = shipmentOf(command, options, words)
    if (shipment) return (await import('../remote/ship.ts')).ship(shipment)
  }
  const given: Readonly<Record<string, string | boolean | undefined>> = options
  const { attach: run, environment: name } = given
  if (typeof run !== 'string') return command.run(options, words)
  const place = await loadTarget(typeof name === 'string' ? name : undefined)
  const { attach } = await import('../run/attach.ts')
  return attach(place, run, { json: given['json'] === true, verbose: given['verbose'] === true })
}
