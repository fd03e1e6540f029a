import * as assert from 'uvu/assert'
import { removeLeftovers } from '../../../lib/docker/throwaway.ts'
import { fails } from '../../../lib/migrate-check/finding.ts'
import { type ScratchServer, throwawayServer } from '../../../lib/migrate-check/scratch-server.ts'
import { buildBaseImages } from '../build-images.ts'
import { docker } from '../docker.ts'
import { checkDirectory, images, inProject } from '../migrate-check/corpus.ts'
import { idOf, writeHistory } from '../migrate-check/history.ts'
import { alternate, type Figure, figure, timed } from './measure.ts'

/** The check of a history against the walk that people write, and how it grows with the history. */
export async function migrateCheck(): Promise<Figure[]> {
  await buildBaseImages(() => {})
  await removeLeftovers()
  const server = await throwawayServer(images.postgres, `bench${process.pid}`, { otherwise: '' })
  try {
    await ours(server, 25) // what is read from the disk for the first time is nobody's fault
    const walk = await alternate(3, { ours: () => ours(server, 25), naive: () => naive(server, 25) })
    const growth = await alternate(3, { long: () => ours(server, 200), short: () => ours(server, 25) })
    return [
      figure('migrate-check of 25 revisions', 'ms', walk.ours, {
        against: { what: 'an alembic and a pg_dump process a step', values: walk.naive },
        goal: { atMost: 0.1 },
      }),
      figure('migrate-check of 200 revisions', 'ms', growth.long, {
        against: { what: 'of 25', values: growth.short },
        goal: { atMost: 12 },
      }),
    ]
  } finally {
    await server.close()
  }
}

/** The whole check, from its start to its report, in ms. */
const ours = (server: ScratchServer, revisions: number): Promise<number> =>
  inProject('empty', async directory => {
    writeHistory(directory, revisions)
    return timed(async () => {
      const { findings, steps } = await checkDirectory(server, directory)
      assert.is(steps.length, revisions)
      assert.equal(findings.filter(fails), [])
    })
  })

/** The same walk as people write it, in containers that run already. */
const naive = (server: ScratchServer, revisions: number): Promise<number> =>
  inProject('empty', async directory => {
    writeHistory(directory, revisions)
    const container = `${server.container}`
    const postgres = ['exec', container]
    await docker(...postgres, 'createdb', '--username', 'postgres', 'naive')
    const url = server.urlInside.replace(/postgres$/, 'naive')
    const python = await docker(
      ...['run', '--detach', '--rm', ...server.network, '--volume', `${directory}:/backend`],
      ...['--workdir', '/backend', '--env', `DATABASE_URL=${url}`, images.python, 'sleep', '3600'],
    )
    const step = async (command: string, target: string): Promise<void> => {
      await docker('exec', python, 'alembic', command, target)
      await docker(...postgres, 'pg_dump', '--username', 'postgres', '--schema-only', 'naive')
    }
    try {
      return await timed(async () => {
        for (let number = 1; number <= revisions; number += 1) {
          await step('upgrade', idOf(number))
          await step('downgrade', '-1')
          await step('upgrade', idOf(number))
        }
      })
    } finally {
      await docker('rm', '--force', python)
      await docker(...postgres, 'dropdb', '--force', '--username', 'postgres', 'naive')
    }
  })
