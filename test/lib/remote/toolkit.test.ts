import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { lineSplitter } from '../../../lib/remote/frames.ts'
import { argumentsOf } from '../../../lib/remote/shipment.ts'
import { packToolkit, root } from '../../../lib/remote/toolkit.ts'
import { progressBar } from '../../../lib/remote/upload.ts'

const packing = suite('remote/toolkit: what travels')

packing('scripts, library, settings and lockfile: every file of them, and executable where it is', () => {
  const { files, id, lock } = packToolkit()
  const paths = files.map(({ path }) => path)
  for (const path of [
    'scripts/deploy.ts',
    'lib/run/run.ts',
    'environments/proxy/haproxy.cfg',
    'package-lock.json',
  ])
    assert.ok(paths.includes(path), path)
  assert.is(files.find(({ path }) => path === 'scripts/deploy.ts')?.mode, 0o755)
  assert.ok(paths.every(path => !path.includes('node_modules') && !path.startsWith('test')))
  assert.match(id, /^[0-9a-f]{16}$/)
  assert.match(lock, /^[0-9a-f]{16}$/)
})

packing('a secret that lies beside the settings stays; the examples travel', () => {
  const secret = join(root, 'environments', '.env.production')
  const before = packToolkit()
  writeFileSync(secret, 'DB_PASSWORD=x\n', { flag: 'wx' })
  try {
    assert.equal(packToolkit(), before)
  } finally {
    rmSync(secret)
  }
  assert.ok(before.files.some(({ path }) => path === 'environments/.env.production.example'))
})

packing('the same files have the same name, other files another', () => {
  assert.is(packToolkit().id, packToolkit().id)
  assert.is.not(packToolkit(['test/sandbox/tracehub/backend']).id, packToolkit().id)
})

packing('no name of a file could be a word of the list, or leave the directory', () => {
  for (const { path, source } of packToolkit().files) {
    assert.match(path, /^[\w.@/-]+$/)
    assert.not.match(path, /(^|\/)\.\.(\/|$)/)
    assert.ok(readFileSync(source))
  }
})

packing('options travel as they would be typed; where to is not theirs', () => {
  assert.equal(
    argumentsOf({ environment: 'production', host: 'vps', json: true, yes: false, tag: '-x $(y)' }),
    ['--environment=production', '--json', '--tag=-x $(y)'],
  )
})

packing('a bar says how far an upload is', () => {
  assert.is(progressBar(0, 0), '[████████████████████] 100 %  0 B of 0 B')
  assert.is(progressBar(0, 200), '[                    ]   0 %  0 B of 200 B')
  assert.is(progressBar(1_048_576, 2_097_152), '[██████████          ]  50 %  1.0 MiB of 2.0 MiB')
})

packing('lines come whole, however they were cut', () => {
  const lines: string[] = []
  const split = lineSplitter(line => lines.push(line))
  for (const piece of ['a', 'b\nc', '\n', '\nd']) split(piece)
  assert.equal(lines, ['ab', 'c', ''])
})

packing.run()
