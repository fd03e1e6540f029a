import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ScratchServer, throwawayServer } from '../../../lib/migrate-check/scratch-server.ts'
import { buildBaseImages, buildCurrentPython } from '../build-images.ts'
import { checkDirectory, images, inProject } from './corpus.ts'

const configured = suite('migrate-check: wherever Alembic itself is configured')
let server: ScratchServer
configured.before(async () => {
  await buildBaseImages(() => {})
  await buildCurrentPython(() => {})
  server = await throwawayServer(images.postgres, `configured${process.pid}`, { otherwise: '' })
})
configured.after(() => server.close())

const checkedWith = async (
  directory: string,
  variables: Readonly<Record<string, string>>,
  python: string,
) => {
  const { findings, steps } = await checkDirectory(server, directory, python, variables)
  assert.equal(
    findings.filter(({ level }) => level !== 'note'),
    [],
  )
  assert.is(steps.length, 2)
}

configured('what alembic.ini says may stand in pyproject.toml', () =>
  inProject('_base', async directory => {
    rmSync(join(directory, 'alembic.ini'))
    const text =
      '[tool.alembic]\nscript_location = "%(here)s/alembic"\nprepend_sys_path = ["."]\n[tool.other]\nx = 1\n'
    writeFileSync(join(directory, 'pyproject.toml'), text)
    await checkedWith(directory, {}, images.current)
  }),
)

configured('and in another file, which ALEMBIC_CONFIG names', () =>
  inProject('_base', async directory => {
    renameSync(join(directory, 'alembic.ini'), join(directory, 'other.ini'))
    await checkedWith(directory, { ALEMBIC_CONFIG: 'other.ini' }, images.python)
  }),
)

configured.run()
