import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { daemonVariables } from './sandbox/engine.ts'

const engine = suite("sandbox/engine: dockerd's environment")

engine("has the ways to programs and registries, and nothing else of the caller's", () =>
  assert.equal(
    daemonVariables({
      PATH: '/usr/bin',
      HOME: '/root',
      HTTPS_PROXY: 'http://proxy:3128',
      no_proxy: 'localhost',
      GHCR_TOKEN: 'secret',
      PRODUCTION_SSH_KEY: 'secret',
      DOCKER_HOST: 'tcp://elsewhere',
      XPATH: 'secret',
    }),
    {
      PATH: '/usr/bin:/usr/sbin:/sbin',
      HOME: '/root',
      HTTPS_PROXY: 'http://proxy:3128',
      no_proxy: 'localhost',
    },
  ),
)

engine.run()
