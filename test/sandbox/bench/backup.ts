import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../lib/base/shell.ts'
import { bytes } from '../../../lib/base/text.ts'
import { backups, deployed, listed, psql } from '../backup/place.ts'
import { directoryOf, say, url } from '../harness.ts'
import { alternate, type Figure, figure, timed } from './measure.ts'
import { type Taken, watched } from './watch.ts'

const mebibytes = Number(process.env['BENCH_MIB'] ?? 2048)
const rounds = 3
const staging = ['-e', 'staging']
const mostMemory = { atMost: 120e6 }

/** Backup, proof, restore and swap, against what people type today, on a database of `BENCH_MIB` mebibytes. */
export async function backup(): Promise<Figure[]> {
  await deployed('v1')
  const size = await fill()
  const made = await alternate(rounds, { ours: oursAlone, documented })
  await ours() // the one that is verified and restored
  const back = await alternate(rounds, { verified, rolledBack, online: rolledBackOnline, restored })
  const restore = {
    what: 'psql < file through docker exec, into an empty database',
    values: back.restored,
  }
  const away = back.online.map(one => one.away)
  const ms = (taken: readonly Taken[]): number[] => taken.map(one => one.ms)
  const peak = (taken: readonly Taken[]): number[] => taken.map(one => one.peak)
  return [
    figure(`backup of ${size}, checksum and marker included`, 'ms', ms(made.ours), {
      against: {
        what: 'docker compose exec -T db pg_dump > file',
        values: made.documented.map(({ ended }) => ended),
      },
      goal: { atMost: 0.45 },
    }),
    figure('the same, where both are on the disk', 'ms', ms(made.ours), {
      against: { what: 'and sync file', values: made.documented.map(({ synced }) => synced) },
    }),
    figure('proof of a backup: restored, every table compared', 'ms', ms(back.verified), {
      against: restore,
    }),
    figure('rollback of the database, from the first look to the smoke tests', 'ms', ms(back.rolledBack), {
      against: restore,
    }),
    figure('rollback --online: longest time without an answer', 'ms', away, { goal: { atMost: 300 } }),
    figure('the same, where users are away for all of the documented restore', 'ms', away, {
      against: restore,
    }),
    figure('memory of the toolkit: backup', 'bytes', peak(made.ours), { goal: mostMemory }),
    figure('memory of the toolkit: backup --verify <file>', 'bytes', peak(back.verified), {
      goal: mostMemory,
    }),
    figure('memory of the toolkit: rollback -t database', 'bytes', peak(back.rolledBack), {
      goal: mostMemory,
    }),
  ]
}

/** Rows of half a kilobyte, as many as it takes. @returns how large the database is, for a person. */
async function fill(): Promise<string> {
  await psql(
    `create table bulk as select g id, md5(g::text) a, repeat(md5((g * 7)::text), 14) b,
       now() + g * interval '1 second' as made from generate_series(1, ${mebibytes * 1800}) g;
     alter table bulk add primary key (id)`,
  )
  // What autovacuum does in the next minutes, and what is written late, would be on some round's account.
  await psql('vacuum analyze')
  await psql('checkpoint')
  const size = bytes(Number(await psql("select pg_database_size('tracehub')")))
  say(`the database has ${size}`)
  return size
}

const ours = (): Promise<Taken> => watched('backup', [...staging, '--no-uploads'])

/** Its file goes, as the documented one does: a virtual disk takes longer for blocks that it never had. */
async function oursAlone(): Promise<Taken> {
  const taken = await ours()
  for (const { file } of listed()) rmSync(file)
  return taken
}

/** In ms: until the command ends, and until its file would survive a loss of power, as ours does. */
async function documented(): Promise<{ ended: number; synced: number }> {
  const file = join(backups(), 'documented.sql')
  const typed = `cd ${directoryOf('staging')} && docker compose exec -T db pg_dump -U tracehub tracehub > ${file}`
  try {
    const ended = await timed(() => run(['bash', '-c', typed]))
    return { ended, synced: ended + (await timed(() => run(['sync', file]))) }
  } finally {
    rmSync(file)
  }
}

const newest = (): string => listed()[0]?.file ?? ''

const verified = (): Promise<Taken> => watched('backup', [...staging, '--verify', newest()])

async function rolledBack(): Promise<Taken> {
  const taken = await watched('rollback', [...staging, '-t', 'database'])
  await dropReplaced()
  return taken
}

/** Somebody asks every 5 ms, and knows how long he had no answer. */
async function rolledBackOnline(): Promise<Taken & { away: number }> {
  let [away, last, over] = [0, performance.now(), false]
  const asking = (async () => {
    while (!over) {
      const answer = await fetch(`${url('staging')}/api/shipments?limit=1`).catch(() => undefined)
      await answer?.arrayBuffer()
      if (answer?.status === 200) {
        away = Math.max(away, performance.now() - last)
        last = performance.now()
      }
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  })()
  try {
    const taken = await watched('rollback', [...staging, '-t', 'database', '--online'])
    await dropReplaced()
    return { ...taken, away }
  } finally {
    over = true
    await asking
  }
}

/** The replaced databases are kept for a way back that nobody needs here, and take room. */
async function dropReplaced(): Promise<void> {
  const names = await psql(
    "select datname from pg_database where datname like 'tracehub_before_%'",
    'postgres',
  )
  for (const name of names.split('\n')) await psql(`drop database ${name}`, 'postgres')
}

/** As documented, but into an empty database: into the live one it prints errors and leaves a mix. */
async function restored(): Promise<number> {
  await psql('create database naive', 'postgres')
  const typed = `docker exec -i tracehub-db-staging psql -q -o /dev/null -U tracehub_admin naive < ${newest()}`
  try {
    return await timed(() => run(['bash', '-c', typed]))
  } finally {
    await psql('drop database naive', 'postgres')
  }
}
