import { userInfo } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../../lib/base/failure.ts'
import {
  addressOf,
  describeDestination,
  destinationOf,
  parseDestination,
} from '../../../lib/remote/destination.ts'
import { usual } from '../../../lib/remote/ssh-config.ts'
import { failureOf, withVariables } from '../fixtures.ts'

const me = userInfo().username
const parse = (given: string, user?: string) => usual(parseDestination(given, 'X_HOST', user, 'X_USER'))

const reading = suite('remote/destination: what names a VPS')

const accepted: [given: string, user: string, host: string, port: number][] = [
  ['tracehub.vibotaj.com', me, 'tracehub.vibotaj.com', 22],
  ['deploy@tracehub.vibotaj.com', 'deploy', 'tracehub.vibotaj.com', 22],
  ['deploy@tracehub.vibotaj.com:2222', 'deploy', 'tracehub.vibotaj.com', 2222],
  ['vps', me, 'vps', 22],
  ['my_vps.local.', me, 'my_vps.local.', 22],
  ['127.0.0.1:65535', me, '127.0.0.1', 65_535],
  ['::1', me, '::1', 22],
  ['root@2001:db8::7', 'root', '2001:db8::7', 22],
  ['root@[2001:db8::7]', 'root', '2001:db8::7', 22],
  ['root@[2001:db8::7]:2222', 'root', '2001:db8::7', 2222],
]
for (const [given, user, host, port] of accepted)
  reading(given, () => assert.equal(parse(given), { user, host, port }))

reading('the user before the @ counts more than the variable, and that more than who I am', () => {
  assert.is(parse('a@vps', 'b').user, 'a')
  assert.is(parse('vps', 'b').user, 'b')
})

reading('it is written as known_hosts has it', () => {
  assert.is(addressOf(parse('vps')), 'vps')
  assert.is(addressOf(parse('[::1]:2222')), '[::1]:2222')
  assert.is(describeDestination(parse('a@vps:2222')), 'a@[vps]:2222')
})

reading('--host, then the variable, then this machine', () =>
  withVariables({ PRODUCTION_HOST: ' vps\n', PRODUCTION_USER: 'ada', STAGING_HOST: '' }, () => {
    assert.is(destinationOf('production', undefined)?.host, 'vps')
    assert.is(destinationOf('production', 'other')?.host, 'other')
    assert.is(destinationOf('production', 'other')?.user, 'ada')
    assert.is(destinationOf('staging', undefined), undefined)
  }),
)

reading.run()

const refusing = suite('remote/destination: what is refused')

const hostile = [
  '',
  ' ',
  'two words',
  'a;b',
  'vps;reboot',
  '$(reboot)',
  '`reboot`',
  '-oProxyCommand=reboot',
  '-v',
  'vps\nreboot',
  'vps\0',
  "vps'",
  'vps"',
  'a@b@c d',
  '@vps',
  '-l@vps',
  'a b@vps',
  '$(x)@vps',
  'vps:',
  'vps:0',
  'vps:65536',
  'vps:22x',
  'vps:-1',
  'vps: 22',
  'vps:22:23',
  '[::1',
  '::1]',
  '[vps]',
  '[::1]22',
  '[::1]:',
  '::g',
  'fe80::1%eth0;x',
  'a..b',
  '-vps',
  'vps-',
  'vps/../x',
  'ssh://vps',
  'grüße',
  'x'.repeat(254),
  'y'.repeat(10 * 1024 * 1024),
]
for (const given of hostile)
  refusing(JSON.stringify(given.slice(0, 40)), async () => {
    const failure = await failureOf(() => parse(given))
    assert.instance(failure, UsageError)
    assert.ok(failure.what.length < 300)
    assert.match(failure.what, /^X_HOST is "/)
  })

refusing('the whole message', async () => {
  const { what, fix } = await failureOf(() => parse('$(reboot)'))
  assert.is(what, 'X_HOST is "$(reboot)": that is no host name or address')
  assert.is(
    fix,
    'expected host, user@host or user@host:port; an IPv6 address with a port as [2001:db8::7]:2222',
  )
})

refusing('a user that is none, from its variable', async () => {
  for (const user of ['-oX', 'a b', '$(x)', 'a\n', "a'", '']) {
    const { what } = await failureOf(() => parse('vps', user))
    assert.match(what, /^X_USER is "/)
  }
})

refusing.run()
