import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loopbackRegistryWarning, warningOf } from '../../../../lib/deploy/preflight/machine.ts'
import { withDocker } from '../../fixtures.ts'

const loopback = suite('preflight: a registry on this machine')

const byDefault = { InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'], IndexConfigs: {} }
const replaced = {
  InsecureRegistryCIDRs: ['10.0.0.0/8'],
  IndexConfigs: { 'docker.io': { Secure: true }, '127.0.0.1:5000': { Secure: false } },
}

loopback('that the engine believes without a certificate is no word worth', () => {
  for (const registry of ['127.0.0.1:5050', 'localhost:5000', '[::1]:5000', 'ghcr.io'])
    assert.is(warningOf(registry, byDefault), undefined, registry)
  assert.is(warningOf('127.0.0.1:5000', replaced), undefined)
  assert.is(warningOf('ghcr.io', replaced), undefined)
  assert.is(warningOf('localhost.example:5000', replaced), undefined)
  assert.is(warningOf('127.0.0.1:5000', null), undefined)
})

loopback('that it does not, since others are in its settings, gets one', () => {
  for (const registry of ['127.0.0.1:5050', 'localhost:5000', 'localhost', '[::1]:5000'])
    assert.match(warningOf(registry, replaced)?.what ?? '', `of the registry ${registry}, although`)
  assert.is(
    warningOf('localhost:5000', { InsecureRegistryCIDRs: null, IndexConfigs: null })?.fix,
    'where it has none: add "localhost:5000" to insecure-registries in /etc/docker/daemon.json, then sudo systemctl reload docker',
  )
})

loopback('the engine is asked only about one on this machine', () =>
  withDocker(`echo '${JSON.stringify(replaced)}'`, async () => {
    assert.is(await loopbackRegistryWarning('ghcr.io/vibotaj/tracehub-backend'), undefined)
    assert.match((await loopbackRegistryWarning('127.0.0.1:5050/backend'))?.what ?? '', '127.0.0.1:5050')
  }),
)

loopback.run()
