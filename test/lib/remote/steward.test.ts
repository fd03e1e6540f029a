import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Connection } from '../../../lib/remote/connect.ts'
import { lookAround, setDirectory } from '../../../lib/remote/probe.ts'
import { packToolkit, root } from '../../../lib/remote/toolkit.ts'
import { newHostKey } from '../../host-key.ts'
import { inTemporary } from '../fixtures.ts'

/** The porter comes to the door in the very command that looks: a second one would cost two round trips more. */
const porters = suite('remote/look: the porter')
const toolkit = packToolkit()
const destination = { user: 'ada', host: 'vps', port: 22 }

/** A VPS whose commands are run in a shell here; how many it was asked for, is counted. */
async function onVps(act: (connection: Connection, asked: () => number) => Promise<void>, path: string) {
  let commands = 0
  const sshd = new ssh2.Server({ hostKeys: [newHostKey()] }, visitor => {
    visitor.on('authentication', attempt => attempt.accept()).on('error', () => {})
    visitor.on('session', accept => {
      accept().on('exec', (accepted, _, { command }) => {
        commands += 1
        const channel = accepted()
        const child = spawn('sh', ['-c', command], { env: { ...process.env, PATH: path } })
        channel.pipe(child.stdin.on('error', () => {})) // it has ended and reads no more
        child.stdout.on('data', chunk => channel.write(chunk))
        child.on('close', code => {
          channel.exit(code ?? 1)
          channel.end()
        })
      })
    })
  })
  await new Promise<void>(resolve => sshd.listen(0, '127.0.0.1', resolve))
  const client = new ssh2.Client().on('error', () => {})
  client.connect({
    host: '127.0.0.1',
    port: (sshd.address() as AddressInfo).port,
    username: 'a',
    password: 'a',
  })
  await once(client, 'ready')
  try {
    await act({ client } as unknown as Connection, () => commands)
  } finally {
    client.destroy()
    sshd.close()
  }
}

/** @param has whether the toolkit is there, with a porter who says what he is told */
const withToolkit = (
  has: boolean,
  act: (connection: Connection, directory: string, asked: () => number) => Promise<void>,
) =>
  inTemporary(async directory => {
    const programs = join(directory, 'programs')
    mkdirSync(programs)
    writeFileSync(join(programs, 'docker'), '#!/bin/sh\n', { mode: 0o755 })
    const set = setDirectory(directory, toolkit)
    if (has) {
      mkdirSync(join(set, 'lib', 'remote'), { recursive: true })
      symlinkSync(join(root, 'node_modules'), join(set, 'node_modules'))
      writeFileSync(join(set, 'package.json'), '{}')
      writeFileSync(
        join(set, 'lib', 'remote', 'steward.ts'),
        "process.stdin.on('data', (told: Buffer) => process.stdout.write('told: ' + told, () => process.exit(0)))",
      )
    }
    const path = `${programs}:${process.env['PATH']}`
    await onVps((connection, asked) => act(connection, directory, asked), path)
  })

porters(
  'where the toolkit is there, it waits for its errand when the look is over, and one command was all',
  () =>
    withToolkit(true, async (connection, directory, asked) => {
      const { porter, hasToolkit } = await lookAround(
        connection,
        { destination, directory, toolkit },
        { porter: true },
      )
      assert.is(hasToolkit, true)
      assert.ok(porter)
      let said = ''
      porter.on('data', (text: string) => {
        said += text
      })
      porter.resume()
      porter.write('an errand')
      await once(porter, 'close')
      assert.is(said.trim(), 'told: an errand')
      assert.is(asked(), 1)
    }),
)

for (const [what, has, porter] of [
  ['where the toolkit is not there', false, true],
  ['where nobody asked for one', true, false],
] as const)
  porters(`${what}, there is none`, () =>
    withToolkit(has, async (connection, directory) => {
      const found = await lookAround(connection, { destination, directory, toolkit }, { porter })
      assert.equal([found.hasToolkit, found.porter], [has, undefined])
    }),
  )

porters.run()
