import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ended, inTemporary, toolkit } from '../lib/fixtures.ts'

/** `make`, with a stand-in in the place of tsx that prints its words, one a line. */
async function make(words: readonly string[], env: Record<string, string> = {}) {
  return inTemporary(async directory => {
    mkdirSync(join(directory, 'node_modules', '.bin'), { recursive: true })
    mkdirSync(join(directory, 'test', 'sandbox'), { recursive: true })
    symlinkSync(join(toolkit, 'Makefile'), join(directory, 'Makefile'))
    const program = (file: string, text: string): void =>
      writeFileSync(join(directory, file), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    program('test/sandbox/bootstrap.sh', 'exit 0')
    program('node_modules/.bin/tsx', `printf '%s\\n' "$@"`)
    const { code, stdout, stderr } = await ended('make', ['--no-print-directory', ...words], {
      cwd: directory,
      env,
    })
    return { code, words: stdout.split('\n').slice(0, -1), stderr }
  })
}

const passing = suite('make: what is given reaches the script as it was given')

const cases: [given: string[], words: string[]][] = [
  [['deploy-staging'], ['scripts/deploy.ts', '--environment=staging']],
  [
    ['deploy-production', 'TAG=main-3f1c9a0'],
    ['scripts/deploy.ts', '--environment=production', '--tag=main-3f1c9a0'],
  ],
  [
    ['deploy-production', 'ARGS=--dry-run   --wait 5m *'],
    ['scripts/deploy.ts', '--environment=production', '--dry-run', '--wait', '5m', '*'],
  ],
  [
    ['rollback', 'E=production', 'TO=12'],
    ['scripts/rollback.ts', '--type=deployment', '--environment=production', '--to=12'],
  ],
  [['rollback'], ['scripts/rollback.ts', '--type=deployment']],
  [
    ['rollback-db', 'E=staging', 'BACKUP=backups/a b.sql'],
    ['scripts/rollback.ts', '--type=database', '--environment=staging', '--backup=backups/a b.sql'],
  ],
  [
    ['repair', 'E=staging'],
    ['scripts/repair.ts', '--environment=staging'],
  ],
  [
    ['backup', 'E=staging'],
    ['scripts/backup.ts', '--environment=staging'],
  ],
  [
    ['cleanup', 'E=staging'],
    ['scripts/cleanup.ts', '--environment=staging'],
  ],
  [['status'], ['scripts/status.ts']],
  [
    ['secrets-check', 'E=staging'],
    ['scripts/secrets.ts', 'check', '--environment=staging'],
  ],
  [
    ['secrets-rotate', 'E=staging', 'SECRET=all'],
    ['scripts/secrets.ts', 'rotate', 'all', '--environment=staging'],
  ],
  [
    ['adopt-plan', 'E=production', 'FROM=/srv/a b/compose.yml'],
    ['scripts/adopt.ts', '--plan', '--environment=production', '--from=/srv/a b/compose.yml'],
  ],
  [
    ['logs', 'E=staging'],
    ['scripts/enter.ts', 'logs', '--environment=staging'],
  ],
  [
    ['psql', 'E=staging'],
    ['scripts/enter.ts', 'psql', '--environment=staging'],
  ],
  [
    ['shell-backend', 'E=staging'],
    ['scripts/enter.ts', 'shell', '--environment=staging'],
  ],
]
for (const [given, words] of cases)
  passing(given.join(' '), async () => {
    const made = await make(given)
    assert.equal(made, { code: 0, words, stderr: '' })
  })

const hostile = [
  '$(touch planted)',
  '`touch planted`',
  '$(shell touch planted)',
  ['$', '{shell touch planted}'].join(''),
  "'; touch planted; '",
  '"; touch planted; "',
  'a\ntouch planted #',
  '\\',
  '$$',
  '$',
  '-e',
  '# no comment',
  'ünïcödé  two spaces ',
]
for (const value of hostile)
  passing(`TAG=${JSON.stringify(value)} is a word, and nothing else`, async () => {
    const made = await make(['deploy-staging', `TAG=${value}`])
    assert.equal(made, {
      ...{ code: 0, stderr: '' },
      words: ['scripts/deploy.ts', '--environment=staging', ...`--tag=${value}`.split('\n')],
    })
  })

passing('ARGS are split into words, and are no more code than the others', async () => {
  const { words } = await make(['status', 'ARGS=$(touch planted) $(shell touch planted)\n; x'])
  assert.equal(words, ['scripts/status.ts', '$(touch', 'planted)', '$(shell', 'touch', 'planted)', ';', 'x'])
})

passing("a TAG that happens to be among the shell's variables is not meant", async () => {
  const { words } = await make(['deploy-staging'], { TAG: 'from-elsewhere', E: 'production', ARGS: '--yes' })
  assert.equal(words, ['scripts/deploy.ts', '--environment=staging'])
})

passing('help names every target that a person types', async () => {
  const { words } = await make(['help'])
  const targets = [...readFileSync(join(toolkit, 'Makefile'), 'utf8').matchAll(/^\.PHONY: (\S+)$/gm)].map(
    ([, name]) => name,
  )
  for (const target of targets.filter(name => name !== 'packages'))
    assert.ok(
      words.some(line => line.startsWith(`  make ${target} `)),
      target,
    )
  for (const line of words) assert.ok(line.length <= 100, line)
})

passing.run()
