import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { accessTo, connect } from '../../../lib/remote/connect.ts'
import { upload } from '../../../lib/remote/upload.ts'
import { directoryOf, freshEnvironment, script } from '../harness.ts'
import { print } from '../progress.ts'
import { type Relay, startRelay } from '../ssh/relay.ts'
import { runnerVariables } from '../ssh/runner.ts'
import { ensureSshd, keys, publicHostKey, sshUser } from '../ssh/sshd.ts'
import { alternate, type Figure, figure, timed } from './measure.ts'

const halfRoundTrip = 50
const MiB = 1024 * 1024
const size = 200 * MiB

/** What the way over SSH costs on a link with 100 ms a round trip, which a relay on loopback makes. */
export async function ssh(): Promise<Figure[]> {
  await ensureSshd(print)
  await freshEnvironment('production')
  const relay = await startRelay(halfRoundTrip)
  const place = mkdtempSync(join(tmpdir(), 'tracehub-upload-'))
  try {
    const away = await runnerVariables(relay.port)
    return [...(await scripts(relay, away)), ...(await uploads(relay, away, place))]
  } finally {
    rmSync(place, { recursive: true })
    relay.close()
  }
}

/** A script that does nothing but look, here and there, and how often the line was turned round for it. */
async function scripts(relay: Relay, away: Record<string, string>): Promise<Figure[]> {
  const list = ['-e', 'production', '--list']
  await script('rollback', list, away) // the toolkit is there now
  const turns: number[] = []
  const took = await alternate(7, {
    here: () => timed(() => script('rollback', list)),
    there: () =>
      timed(async () => {
        const before = relay.turns()
        await script('rollback', list, away)
        turns.push((relay.turns() - before) / 2)
      }),
  })
  const more = took.there.map((ms, round) => ms - (took.here[round] ?? 0))
  return [
    figure('the same script 100 ms away: more than here', 'ms', more, { goal: { atMost: 2000 } }),
    figure('its round trips, from log-in to the end', 'requests', turns),
  ]
}

async function uploads(relay: Relay, away: Record<string, string>, place: string): Promise<Figure[]> {
  Object.assign(process.env, away)
  const source = join(place, 'dump.sql')
  const descriptor = openSync(source, 'w')
  for (let written = 0; written < size; written += MiB)
    writeSync(descriptor, Buffer.alloc(MiB, written % 251))
  const target = join(directoryOf('production'), 'backups', 'upload.sql')
  const known = join(place, 'known_hosts')
  await run(['sh', '-c', `printf '%s\n' "[127.0.0.1]:${relay.port} ${publicHostKey()}" > ${known}`])
  const took = await alternate(3, {
    ours: async () => {
      const destination = { user: sshUser, host: '127.0.0.1', port: relay.port }
      const ms = await timed(async () => {
        const connection = await connect(accessTo('production', destination))
        const bytes = statSync(source).size
        const file = { source, temporary: `${target}.partial`, target, mode: 0o600, bytes }
        await upload(connection, [file], () => {})
        connection.client.end()
      })
      assert.ok(readFileSync(target).equals(readFileSync(source)), 'it arrived as it was')
      rmSync(target)
      return ms
    },
    scp: () =>
      timed(() =>
        run([
          ...['scp', '-q', '-P', String(relay.port), '-i', keys.client, '-o', `UserKnownHostsFile=${known}`],
          ...[source, `${sshUser}@127.0.0.1:${target}.scp`],
        ]),
      ),
  })
  const rate = (times: readonly number[]): number[] => times.map(ms => size / (ms / 1000))
  return [
    figure('upload of 200 MiB by SFTP, log-in included', 'bytes/s', rate(took.ours), {
      against: { what: 'scp', values: rate(took.scp) },
      goal: { atLeast: 0.8 },
    }),
  ]
}
