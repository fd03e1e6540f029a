import { spawnSync } from 'node:child_process'
import { parse as readByDotenv } from 'dotenv'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { backupName } from '../../lib/backup/manifest.ts'
import { quoted } from '../../lib/base/command-text.ts'
import { Failure } from '../../lib/base/failure.ts'
import { commonOptions, parseCount, parseDuration } from '../../lib/base/options.ts'
import { redact, registerSecret } from '../../lib/base/redact.ts'
import { bytes, columns, duration, lastLines, shown } from '../../lib/base/text.ts'
import { parse } from '../../lib/cli/arguments.ts'
import { parseTag } from '../../lib/docker/images.ts'
import { formatEnvFile, parseEnvFile } from '../../lib/environment/env-file.ts'
import { parseReleases } from '../../lib/environment/releases.ts'
import type { NewEvent } from '../../lib/run/events.ts'
import { EventStream, readEvents, unsettledFacts } from '../../lib/run/run-log.ts'

/** What must hold whatever somebody types, writes into a file or puts into a variable. */

const runs = { numRuns: 300 }
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'#$\'"\\` =\n\r\t\0{}-$()é😀\u2028\ufeffaB1'), maxLength: 12 }),
)
const anyKey = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/)

/** `act` returns, or throws what is written for a person. */
function understood(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    assert.instance(error, Failure)
  }
}

test('a .env file that is accepted means the same to dotenv; one that is written is read back', () => {
  fc.assert(
    fc.property(fc.dictionary(anyKey, anyText), written => {
      let text: string
      try {
        text = formatEnvFile('by a test', written)
      } catch (error) {
        assert.instance(error, TypeError)
        return
      }
      const { values, problems } = parseEnvFile(text, '.env')
      assert.equal(problems, [])
      assert.equal({ ...values }, { ...written })
      assert.equal({ ...readByDotenv(text) }, { ...written })
    }),
    runs,
  )
})

test('a .env file of any text is read whole or refused with line numbers, and never shown', () => {
  const anyLine = fc.oneof(
    anyText,
    fc.tuple(anyKey, anyText).map(pair => pair.join('=')),
  )
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 6 }), lines => {
      const text = lines.join('\n')
      const { values, problems } = parseEnvFile(text, '.env')
      for (const { what } of problems) assert.match(what, /^\.env line \d+: /)
      if (problems.length === 0) assert.equal({ ...values }, { ...readByDotenv(text) })
      else assert.equal(values, {})
    }),
    runs,
  )
})

test('a command that is shown is, typed into bash, the command that was run', () => {
  const word = anyText.filter(text => !text.includes('\0')).map(text => Buffer.from(text).toString())
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), words => {
      const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${words.map(quoted).join(' ')}`])
      assert.equal(stdout.toString().split('\0').slice(0, -1), words)
    }),
    { numRuns: 60 },
  )
})

test('the command line is understood, or refused in words', () => {
  const command = { name: 'deploy', summary: '', options: commonOptions, examples: [], run: async () => 0 }
  const word = fc.oneof(
    anyText,
    fc.constantFrom('-e', '--environment', '--wait', '--yes', '-y', '--json', '-h', '--', '-', '--no-yes'),
    anyText.map(text => `--${text}`),
    anyText.map(text => `--environment=${text}`),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), args => understood(() => parse(command, args))),
    runs,
  )
  fc.assert(
    fc.property(anyText, text => {
      understood(() => parseDuration('wait', text))
      understood(() => parseTag(text))
      understood(() => parseCount('to', text))
    }),
    runs,
  )
})

test("a value that is shown is one short line without anything that moves a terminal's cursor", () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), value => {
      assert.match(shown(value), /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u)
      assert.ok(shown(value).length < 700)
      assert.match(lastLines(value, 3), /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]*$/)
    }),
    runs,
  )
})

test('a secret is in no event, whatever it is and wherever it stands', () => {
  const secret = fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 40 })
  fc.assert(
    fc.property(secret, anyText, anyText, (value, before, after) => {
      fc.pre(!before.includes(value) && !after.includes(value))
      registerSecret(value)
      const lines: string[] = []
      class Log extends EventStream {
        protected override keep(_event: NewEvent, line: string): void {
          lines.push(line)
        }
      }
      new Log().write({ type: 'note', text: before + value + after })
      assert.not.ok(lines.join().includes(JSON.stringify(value).slice(1, -1)))
      assert.not.ok(redact(encodeURIComponent(value)).includes(encodeURIComponent(value)))
    }),
    runs,
  )
})

test('a damaged run log or release history is read as far as it goes', () => {
  const note = (text: string): string => JSON.stringify({ at: 1, type: 'note', text })
  const junk = anyText.map(text => text.replaceAll('\n', ' '))
  fc.assert(
    fc.property(fc.array(junk), fc.array(anyText), fc.array(junk), (before, texts, after) => {
      const log = [...before, ...texts.map(note), ...after].join('\n')
      const events = readEvents(log)
      assert.equal(
        events.flatMap(event => (event.type === 'note' ? [event.text] : [])),
        texts,
      )
      unsettledFacts(events)
      assert.equal(parseReleases(log), [])
      assert.equal(parseReleases([...before, 'null', '[]', '{"release":1}', ...after].join('\n')), [])
    }),
    runs,
  )
})

test('names of backups sort as their times do', () => {
  const moment = fc.date({
    min: new Date('2020-01-01T00:00:00Z'),
    max: new Date('2099-12-31T23:59:59Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      const seconds = (at: Date): number => Math.floor(at.getTime() / 1000)
      assert.match(backupName(one), /^backup_\d{8}_\d{6}$/)
      assert.is(
        Math.sign(seconds(one) - seconds(other)),
        backupName(one) < backupName(other) ? -1 : backupName(one) > backupName(other) ? 1 : 0,
      )
    }),
    runs,
  )
})

test('durations, sizes and tables of any numbers and words can be read', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.maxSafeNat(), (ms, size) => {
      assert.match(duration(ms), /^\d+( ms|\.\d s| min \d\d s| h \d\d min)$/)
      assert.match(bytes(size), /^\d+(\.\d)? (B|[KMGT]iB)$/)
    }),
    runs,
  )
  const row = fc.array(fc.stringMatching(/^[\x20-\x7e]{0,10}$/), { minLength: 2, maxLength: 2 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), rows => {
      const lines = columns(rows).split('\n')
      const widest = Math.max(...rows.map(([first]) => first?.length ?? 0))
      for (const [i, line] of lines.entries()) assert.is(line.slice(widest + 2), rows[i]?.[1])
    }),
    runs,
  )
})

test.run()
