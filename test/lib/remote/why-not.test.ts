import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeProblem } from '../../../lib/base/failure.ts'
import type { Access } from '../../../lib/remote/connect.ts'
import { whyNot } from '../../../lib/remote/why-not.ts'

const reasons = suite('remote/why-not: why there is no connection')

const access: Access = {
  environment: 'production',
  destination: { user: 'ada', host: 'vps.example', port: 22 },
  trusted: { source: 'x', keys: [] },
  identities: [
    { name: 'the SSH agent', proof: { type: 'agent' } },
    { name: '/home/ada/.ssh/id_rsa, SHA256:x', proof: { type: 'publickey' } },
  ],
}
const failing = (properties: object, message = 'it says so'): string =>
  describeProblem(whyNot(Object.assign(new Error(message), properties), access))

const cases: [properties: object, says: string][] = [
  [
    { code: 'ENOTFOUND' },
    "there is no host vps.example\n→ check PRODUCTION_HOST for a typing error, and the domain's DNS",
  ],
  [
    { code: 'EAI_AGAIN' },
    "the name vps.example cannot be looked up now\n→ check this machine's network and its DNS server",
  ],
  [
    { code: 'ECONNREFUSED' },
    'vps.example refuses connections on port 22\n→ is sshd running there, and on this port? PRODUCTION_HOST may name another: host:port',
  ],
  [
    { code: 'EHOSTUNREACH' },
    'no way leads to vps.example from here\n→ check the network of both machines, and the firewall',
  ],
  [
    { code: 'ENETUNREACH' },
    'no way leads to vps.example from here\n→ check the network of both machines, and the firewall',
  ],
  [
    { code: 'ETIMEDOUT' },
    "vps.example does not answer on port 22\n→ is the VPS running (its provider's control panel), and does its firewall let port 22 in?",
  ],
  [
    { level: 'client-authentication' },
    'vps.example does not let ada in with this key\n' +
      '  offered: the SSH agent\n           /home/ada/.ssh/id_rsa, SHA256:x\n' +
      '→ is the user right? PRODUCTION_USER says who logs in\n' +
      '  is the key there? ssh-copy-id -i the_key.pub ada@vps.example',
  ],
  [{ code: 'EPROTO' }, 'no SSH connection to vps.example: it says so\n→ try: ssh -vvv -p 22 ada@vps.example'],
]
for (const [properties, says] of cases)
  reasons(Object.values(properties).join(), () => assert.is(failing(properties), says))

reasons('a short name that is none may be meant for ssh alone', () =>
  assert.is(
    describeProblem(
      whyNot(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), {
        ...access,
        destination: { user: 'ada', host: 'tracehub-prod', port: 22 },
      }),
    ),
    "there is no host tracehub-prod\n→ check PRODUCTION_HOST for a typing error, and the domain's DNS;\n" +
      '  a name for ssh alone is one that ~/.ssh/config has as Host tracehub-prod, with its HostName',
  ),
)

reasons('what the other side says cannot take the terminal over', () =>
  assert.not.match(failing({}, 'bad \u001b[2J\u202e banner'), /[\u001b\u202e]/),
)

reasons.run()
