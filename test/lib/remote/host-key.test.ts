import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeProblem } from '../../../lib/base/failure.ts'
import { fingerprintOf, judgeHostKey, keyType, trustedKeys } from '../../../lib/remote/host-key.ts'
import type { SshSettings } from '../../../lib/remote/ssh-config.ts'
import { failureOf, withVariables } from '../fixtures.ts'

const judging = suite('remote/host-key')

/** A key's blob as the VPS shows it: the type's name behind its length, and something. */
const blob = (type: string, rest: string): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(type.length)
  return Buffer.concat([length, Buffer.from(type + rest)])
}
const vps = { user: 'ada', host: 'vps', port: 22 }
const shownKey = blob('ssh-ed25519', 'x')
const line = (key: Buffer): string => `vps ${keyType(key)} ${key.toString('base64')}`
const pinned = (pin: string, key = shownKey) =>
  withVariables({ PRODUCTION_HOST_KEY: pin }, () =>
    judgeHostKey('production', vps, trustedKeys('production', vps), key),
  )

judging('the pinned one is trusted, as a fingerprint or as a line', async () => {
  assert.is(await pinned(fingerprintOf(shownKey)), undefined)
  assert.is(await pinned(`${fingerprintOf(shownKey)}=\n`), undefined)
  assert.is(await pinned(line(shownKey)), undefined)
  assert.is(await pinned(`${line(blob('ssh-rsa', 'y'))}\n${line(shownKey)}\n`), undefined)
})

judging('any other is not, though it were of the same type or begin like it', async () => {
  for (const other of [blob('ssh-ed25519', 'y'), blob('ssh-ed25519', 'xx'), blob('ssh-rsa', 'x')])
    for (const pin of [fingerprintOf(shownKey), line(shownKey)])
      assert.match((await pinned(pin, other))?.what ?? '', 'STOP: the host key of vps has CHANGED')
})

judging('a revoked one is not trusted, though it be named again', async () => {
  const failure = await pinned(`@revoked ${line(shownKey)}\n${line(shownKey)}\n`)
  assert.is(
    failure && describeProblem(failure),
    `STOP: the host key of vps is revoked in PRODUCTION_HOST_KEY, line 1
  it shows ${fingerprintOf(shownKey)} (ssh-ed25519)
→ do not connect to it; ask whoever runs the VPS`,
  )
})

judging('a pin that is neither form, or is for another host, is an error and not "unknown"', async () => {
  for (const pin of [
    'MD5:aa:bb',
    'SHA256:short',
    'yes',
    'other ssh-rsa AAAA',
    '* ',
    'StrictHostKeyChecking=no',
  ]) {
    const { what, exitCode } = await failureOf(() => pinned(pin))
    assert.match(what, 'neither a fingerprint nor a known_hosts line for vps')
    assert.is(exitCode, 2)
  }
})

judging('as ssh does: another file, an alias, and a name without its port', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'known-hosts-'))
  try {
    const file = join(directory, 'known_hosts.firm')
    const key = `${keyType(shownKey)} ${shownKey.toString('base64')}`
    writeFileSync(file, `vps.firm.test ${key}\n`)
    const judged = (host: string, port: number, more: SshSettings, shownNow = shownKey) => {
      const there = { user: 'ada', host, port }
      const trusted = trustedKeys('production', there, { knownHosts: [file], ...more })
      return judgeHostKey('production', there, trusted, shownNow)
    }
    const other = blob('ssh-ed25519', 'y')
    assert.is(judged('192.0.2.10', 2222, { hostKeyAlias: 'vps.firm.test' }), undefined)
    assert.match(
      judged('192.0.2.10', 2222, { hostKeyAlias: 'vps.firm.test' }, other)?.what ?? '',
      'has CHANGED',
    )
    assert.is(judged('vps.firm.test', 22, {}), undefined)
    assert.is(judged('vps.firm.test', 2222, {}), undefined)
    assert.match(judged('vps.firm.test', 2222, {}, other)?.what ?? '', 'is not known')
    assert.match(judged('192.0.2.10', 22, {})?.fix ?? '', `>> ${file}`)
    writeFileSync(
      file,
      `vps.firm.test ${key}\n[vps.firm.test]:2222 ssh-ed25519 ${other.toString('base64')}\n`,
    )
    assert.match(judged('vps.firm.test', 2222, {})?.what ?? '', 'has CHANGED')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

judging('a directory among the known_hosts files is passed over, as ssh does', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'known-'))
  try {
    const file = join(directory, 'known_hosts')
    writeFileSync(file, line(shownKey))
    await withVariables({ PRODUCTION_HOST_KEY: '' }, () =>
      assert.is(trustedKeys('production', vps, { knownHosts: [directory, file] }).keys.length, 1),
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

judging.run()
