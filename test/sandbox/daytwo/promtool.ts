import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../../../lib/base/shell.ts'
import { baseImage, errand } from '../docker.ts'
import { sandboxRoot } from '../root.ts'

/**
 * What Prometheus's own checker has to say about metrics in the text format: nothing when they are valid and named as
 * is good custom. The one program is taken out of Debian's package and run in a container: nothing is installed on this
 * machine.
 */
export async function complaints(metrics: string): Promise<string> {
  const program = join(sandboxRoot, 'promtool')
  if (!existsSync(program)) {
    await errand('fetching promtool', sandboxRoot, fetch)
    renameSync(`${program}.new`, program)
  }
  const container = [
    'docker',
    'run',
    '--rm',
    '--interactive',
    '--volume',
    `${sandboxRoot}:/here:ro`,
    baseImage,
  ]
  const ran = await attempt([...container, '/here/promtool', 'check', 'metrics'], { input: metrics })
  return ran.ok ? '' : `exit code ${ran.code}: ${ran.stdout}${ran.stderr}`
}

const fetch = `
  apt-get -qq update
  cd /tmp && apt-get -qq download promtool
  dpkg-deb --extract promtool_*.deb package
  cp package/usr/bin/promtool /here/promtool.new`
