import { randomBytes } from 'node:crypto'
import { loadTarget } from '../environment/settings.ts'
import { runId } from '../run/run-log.ts'
import { accessTo, connect } from './connect.ts'
import { copyToolkit } from './copy.ts'
import { describeDestination } from './destination.ts'
import { followSession } from './follow.ts'
import { Preparation } from './preparation.ts'
import { lookAround, setDirectory } from './probe.ts'
import type { Shipment } from './shipment.ts'
import { followSshConfig } from './ssh-config.ts'
import { shareTerminal } from './terminal.ts'
import { packToolkit } from './toolkit.ts'
import { travellingVariables } from './variables.ts'

/**
 * Ships a script to the VPS and runs it there, as if it ran here.
 * @returns its exit code. @throws Failure when it could not be started.
 */
export async function ship(shipment: Shipment): Promise<number> {
  const { script, args } = shipment
  const target = await loadTarget(shipment.environment)
  const { name, directory } = target
  const application = target.kind === 'edge' ? { secrets: {}, sources: {} } : target // the edge has neither
  const variables = travellingVariables(application)
  const toolkit = packToolkit(shipment.build ? Object.values(application.sources) : [])
  const { destination, ...settings } = await followSshConfig(name, shipment.named)
  const access = accessTo(name, destination, settings)
  const preparation = new Preparation()

  const connection = await preparation.step('Setup SSH connection', async step => {
    step.note(describeDestination(destination))
    return connect(access)
  })
  const { installed, porter } = await preparation
    .step('Copy deployment files', async step => {
      const place = { directory, destination, toolkit }
      const vps = await lookAround(connection, place, { porter: !shipment.interactive })
      if (vps.hasToolkit) step.skip('unchanged')
      else step.note(await copyToolkit(connection, place, vps, step.progress))
      return { installed: { node: vps.node, set: setDirectory(directory, toolkit) }, porter: vps.porter }
    })
    .catch(error => {
      connection.client.destroy() // it would keep this process from ending
      throw error
    })
  if (shipment.interactive)
    return shareTerminal(connection, { installed, script, args, environment: name, directory })
  const session = `${runId(script, new Date())}-${randomBytes(3).toString('hex')}`
  const start = { script, args, welcome: { variables, terminal: terminal() } }
  const errand = { directory, session, from: 0, start }
  const { verbose } = shipment
  return followSession({ access, connection, installed, errand, preparation, verbose }, porter)
}

function terminal() {
  const { columns, rows, isTTY } = process.stdout
  return {
    input: process.stdin.isTTY === true,
    output: isTTY === true,
    columns: columns || 80,
    rows: rows || 24,
  }
}
