import { createHmac } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { knownKeys } from '../../../lib/remote/host-key.ts'

const known = suite('remote/known-hosts')

const hashed = (name: string): string => {
  const salt = Buffer.from('a salt of 20 bytes..')
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
const found = (line: string, address: string): boolean => knownKeys(`${line}\n`, address).length > 0

const named: [names: string, address: string, is: boolean][] = [
  ['vps', 'vps', true],
  ['vps', 'VPS', true],
  ['VPS', 'vps', true],
  ['vps', 'vps2', false],
  ['vps', '[vps]:2222', false],
  ['[vps]:2222', '[vps]:2222', true],
  ['[vps]:2222', 'vps', false],
  ['a,vps,b', 'vps', true],
  ['*.example', 'vps.example', true],
  ['*.example', 'vpsXexample', false],
  ['v?s', 'vps', true],
  ['*.example,!vps.example', 'vps.example', false],
  ['!vps', 'vps', false],
  ['2001:db8::7', '2001:db8::7', true],
  ['[2001:db8::7]:2222', '[2001:db8::7]:2222', true],
  ['v(p)+s', 'vpps', false],
  [hashed('vps'), 'vps', true],
  [hashed('vps'), 'other', false],
  [hashed('[vps]:2222'), '[vps]:2222', true],
  ['|1|broken', 'vps', false],
  ['|1|%%%|%%%', 'vps', false],
]
for (const [names, address, is] of named)
  known(`${names} ${is ? 'is' : 'is not'} ${address}`, () =>
    assert.is(found(`${names} ssh-ed25519 AAAA comment`, address), is),
  )

known('several keys of one host, with their lines; comments, empty and short lines count for nothing', () => {
  const text = '# vps ssh-rsa A\n\nvps ssh-ed25519 B\nvps\nvps ssh-rsa\n  vps  ssh-rsa   C  x\n'
  assert.equal(knownKeys(text, 'vps'), [
    { type: 'ssh-ed25519', key: 'B', revoked: false, line: 3 },
    { type: 'ssh-rsa', key: 'C', revoked: false, line: 6 },
  ])
})

known('a revoked key is known as such; an authority is none of ours', () => {
  assert.is(knownKeys('@revoked vps ssh-rsa A', 'vps')[0]?.revoked, true)
  assert.equal(knownKeys('@cert-authority * ssh-rsa A', 'vps'), [])
})

known.run()
