#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { UsageError } from '../lib/base/failure.ts'
import { commonOptions } from '../lib/base/options.ts'
import { main } from '../lib/cli/main.ts'
import { sessionOf } from '../lib/deploy/on-site.ts'
import { loadEdge, loadEnvironment } from '../lib/environment/settings.ts'
import { setMaintenance } from '../lib/operations/edge/maintenance.ts'
import { edgeSite } from '../lib/operations/edge/site.ts'
import { demandDirectory } from '../lib/run/execute.ts'
import { runAt } from '../lib/run/session.ts'

void main({
  name: 'maintenance',
  summary:
    'Shows the users of an environment a page that says so, at the TLS edge, until it is taken away again.',
  options: {
    ...commonOptions,
    on: { type: 'flag', describe: 'show the page (503) instead of the application' },
    off: { type: 'flag', describe: 'show the application again' },
  },
  examples: [
    ['npx tsx scripts/maintenance.ts -e production --on', 'users see the page, at once and after a reboot'],
    ['npx tsx scripts/maintenance.ts -e production --off', 'users see the application'],
  ],
  run: async ({ on, off, ...options }) => {
    if (on === off) throw new UsageError('expected one of --on and --off')
    const environment = await loadEnvironment(options.environment)
    const edge = await loadEdge()
    if (!edge?.environments.includes(environment.name))
      throw new UsageError(`${environment.name} is not behind the TLS edge: see environments/shared.ts`)
    demandDirectory(edge)
    return runAt(edge, sessionOf({ script: 'maintenance', ...options }), async running =>
      setMaintenance(await edgeSite(edge, running), environment.name, on ? 'on' : 'off'),
    )
  },
})
