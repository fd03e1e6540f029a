import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import shared from '../../../../environments/shared.ts'
import { usualCompose } from '../../../../lib/docker/compose.ts'
import { Slots } from '../../../../lib/operations/edge/slots.ts'
import { withDocker } from '../../fixtures.ts'

const slots = suite('edge: a process that is told to finish')

const container = {
  ...{ Id: 'a1', Name: '/edge-green', RestartCount: 0 },
  Config: { Image: 'haproxy', Labels: { 'com.docker.compose.service': 'edge-green' } },
  State: { Status: 'running', ExitCode: 0, StartedAt: '2026-01-31T12:00:00Z', OOMKilled: false },
  NetworkSettings: { Networks: {} },
}

slots('it is waited for until it says that it takes no more connections', () =>
  withDocker(
    `case "$1" in ps) echo a1;; inspect) echo '${JSON.stringify([container])}';; esac`,
    async directory => {
      mkdirSync(join(directory, 'edge', 'run'), { recursive: true })
      const answers = ['0', '0', '1'] // the signal is still on its way when it is asked first
      const server = createServer({ allowHalfOpen: true }, socket =>
        socket.once('data', () => socket.end(`Stopping: ${answers.shift() ?? 1}\n`)),
      )
      await new Promise<void>(resolve => server.listen(join(directory, 'edge', 'run', 'green.sock'), resolve))
      try {
        await new Slots({ ...shared, directory }, usualCompose).finish('green')
        assert.equal(answers, [])
      } finally {
        server.close()
      }
    },
  ),
)

slots.run()
