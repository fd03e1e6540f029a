import { createHash } from 'node:crypto'
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { damage, digestOf } from '../../../lib/backup/digest.ts'
import { endsProblem } from '../../../lib/backup/format.ts'
import { GrowingDigest, growth } from '../../../lib/backup/streaming-digest.ts'
import { inTemporary } from '../fixtures.ts'

const digest = suite('digest: whether a file is as it was, and where it is not')
const text = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251))

digest('is what sha256sum prints, and a checksum for each block', () =>
  inTemporary(async directory => {
    const file = join(directory, 'dump')
    for (const length of [0, 1, 4096, 4097, 1024 * 1024, text.length]) {
      writeFileSync(file, text.subarray(0, length))
      const { sha256, bytes, blocks } = await digestOf(file)
      assert.is(sha256, createHash('sha256').update(text.subarray(0, length)).digest('hex'))
      assert.is(bytes, length)
      assert.is(blocks.crc32.length, 8 * Math.ceil(length / blocks.size))
    }
  }),
)

digest('a flipped bit is found, with its place, wherever it is', () =>
  inTemporary(async directory => {
    const file = join(directory, 'dump')
    writeFileSync(file, text)
    const then = await digestOf(file)
    assert.is(damage(then, await digestOf(file)), undefined)
    for (const at of [0, 1, 4095, 4096, 1_500_000, text.length - 1]) {
      const flipped = Buffer.from(text)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      writeFileSync(file, flipped)
      const said = damage(then, await digestOf(file)) ?? ''
      const [, from, to] = /^damaged between byte (\d+) and byte (\d+)$/.exec(said) ?? []
      assert.ok(Number(from) <= at && at <= Number(to), `${at}: ${said}`)
    }
  }),
)

digest('one that was cut off or goes on', () =>
  inTemporary(async directory => {
    const file = join(directory, 'dump')
    writeFileSync(file, text)
    const then = await digestOf(file)
    truncateSync(file, 1000)
    assert.is(damage(then, await digestOf(file)), 'it is cut off: it ends at byte 1000 of 3000000')
    writeFileSync(file, Buffer.concat([text, text]))
    assert.match(damage(then, await digestOf(file)) ?? '', 'it goes on after byte 3000000')
    assert.is(
      damage({ sha256: 'x', bytes: 6_000_000 }, await digestOf(file)),
      'its content is not what was written',
    )
  }),
)

digest('blocks are as large as those that they are compared with, unless that is no size', () =>
  inTemporary(async directory => {
    const file = join(directory, 'dump')
    writeFileSync(file, text)
    const sizes = [8192, 65_536, 0, -1, Number.NaN, 0.5].map(async size => {
      const { blocks } = await digestOf(file, undefined, { blocks: { size, crc32: '' } })
      return blocks.size
    })
    assert.equal(await Promise.all(sizes), [8192, 65_536, 4096, 4096, 4096, 4096])
  }),
)

digest('of a file that is being written: the same, however it grows', () =>
  inTemporary(async directory => {
    for (const step of [1_000_003, 1_500_000, text.length]) {
      const file = join(directory, `dump-${step}`)
      const growing = new GrowingDigest(file, text.length)
      await sleep(60) // it is not there yet
      for (let at = 0; at < text.length; at += step) {
        appendFileSync(file, text.subarray(at, at + step))
        await sleep(60)
      }
      appendFileSync(file, 'the end')
      assert.equal(await growing.finish(), await digestOf(file))
    }
  }),
)

digest('of a file that never came, or that nobody wants any more', () =>
  inTemporary(async directory => {
    const missing = new GrowingDigest(join(directory, 'missing'), 1)
    const thrown = await missing.finish().catch((error: unknown) => error)
    assert.match(String(thrown), 'ENOENT')
    const given = new GrowingDigest(join(directory, 'missing'), 1)
    given.giveUp() // it would keep this process from ending
  }),
)

digest.run()

const ends = suite('check: both ends of a dump')
const end = '--\n-- PostgreSQL database dump complete\n--\n'

ends('what pg_dump writes', () => {
  assert.is(endsProblem('--\n-- PostgreSQL database dump\n--\n', end), undefined)
  assert.is(endsProblem('--\n\n\\restrict aB1\n', `${end}\\unrestrict aB1\n`), undefined)
})

ends('what is missing or does not match', () => {
  assert.match(endsProblem('', 'COPY public.a') ?? '', 'lack "-- PostgreSQL database dump complete"')
  assert.match(endsProblem('\\restrict aB1\n', end) ?? '', 'ends with \\unrestrict missing')
  assert.match(
    endsProblem('\\restrict aB1\n', `${end}\\unrestrict aB2\n`) ?? '',
    'begins with \\restrict aB1',
  )
})

ends.run()

const progress = suite('progress: bytes, rate and an estimate')

progress('until as much as was expected is there', () => {
  const mib = 1024 * 1024
  assert.is(growth(100 * mib, 400 * mib, 2000), '100.0 MiB of about 400.0 MiB · 50.0 MiB/s · 6.0 s left')
  assert.is(growth(500 * mib, 400 * mib, 10_000), '500.0 MiB · 50.0 MiB/s')
})

progress.run()
