import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Project } from '../../../../lib/docker/project.ts'
import { performance } from '../../../../lib/operations/status/performance.ts'
import { environmentIn } from '../../fixtures.ts'

const asking = suite('how the database is asked how it does')

asking('the extension’s schema is locked for as long as its name is used', async () => {
  let script = ''
  const exec: Project['exec'] = async (_, words, { input = '' } = {}) => {
    if (words.includes('--file')) script = `${input}`
    return { ok: true, code: 0, stdout: 'null\nnull\nnull\nnull\nnull\nnull\nnull\n', stderr: '' }
  }
  await performance({ environment: environmentIn('/x'), exec } as unknown as Project, 1000)
  const [, held = ''] = /\nbegin;\n(.*?)\ncommit;/s.exec(script) ?? []
  assert.match(held, /for share of n\) as schema \\gset$/m)
  assert.match(held, 'from :schema.pg_stat_statements')
})

asking.run()
