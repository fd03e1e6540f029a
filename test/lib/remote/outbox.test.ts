import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Outbox } from '../../../lib/remote/outbox.ts'
import { ended, evaluating, inTemporary } from '../fixtures.ts'

const outbox = suite('remote/outbox: what a script says to its client')

outbox('is a line each, in order; the reserve goes with the last', () =>
  inTemporary(directory => {
    const out = new Outbox(directory)
    assert.ok(existsSync(join(directory, 'reserve')))
    for (const text of ['grüße', '']) out.say({ type: 'out', text })
    out.close()
    assert.not.ok(existsSync(join(directory, 'reserve')))
    assert.is(
      readFileSync(join(directory, 'output.jsonl'), 'utf8'),
      '{"type":"out","text":"grüße"}\n{"type":"out","text":""}\n',
    )
  }),
)

// A limit on the file's size is a full disk that needs no root: a write is cut short there, and then fails.
outbox('never fails on a full disk, and says it all once there is room', () =>
  inTemporary(async directory => {
    writeFileSync(join(directory, 'output.jsonl'), 'x'.repeat(70_000))
    const program = `
      process.on('SIGXFSZ', () => {})
      import { Outbox } from 'lib/remote/outbox.ts'
      import { execFileSync } from 'node:child_process'
      const out = new Outbox(process.argv[1])
      out.say({ type: 'out', text: 'a'.repeat(10_000) })
      out.say({ type: 'out', text: 'b' })
      execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
      out.say({ type: 'exit', code: 4 })
      out.close()`
    const run = 'exec prlimit --fsize=71680:unlimited "$@"'
    const words = [process.execPath, ...evaluating(program), directory]
    const { code, stderr } = await ended('sh', ['-c', run, 'sh', ...words])
    assert.is(code, 0, stderr)
    const said = readFileSync(join(directory, 'output.jsonl'), 'utf8').slice(70_000)
    assert.is(
      said,
      `{"type":"out","text":"${'a'.repeat(10_000)}"}\n{"type":"out","text":"b"}\n{"type":"exit","code":4}\n`,
    )
  }),
)

outbox.run()
