import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { differences, type Found } from '../../../lib/backup/content.ts'
import { createLike, forgetSettings } from '../../../lib/backup/create-like.ts'
import { examine } from '../../../lib/backup/inspect.ts'
import { dropDatabase } from '../../../lib/backup/leftovers.ts'
import type { Backup } from '../../../lib/backup/list.ts'
import { loading } from '../../../lib/backup/load.ts'
import { manifestFile } from '../../../lib/backup/manifest.ts'
import { restoreAside } from '../../../lib/backup/restore.ts'
import { handOver, makeRestorer, prepare } from '../../../lib/backup/restorer.ts'
import { parseStatements, restorer } from '../../../lib/backup/statements.ts'
import { Failure, problemOf } from '../../../lib/base/failure.ts'
import { sql } from '../../../lib/database/database.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import { ended, toolkit } from '../../lib/fixtures.ts'
import { docker } from '../docker.ts'
import { script, scriptEnvironment } from '../harness.ts'
import { hostile, notToBeGiven } from './hostile.ts'
import {
  backup,
  backups,
  content,
  databases,
  deployed,
  leftovers,
  listed,
  psql,
  rollBack,
  silent,
  site,
} from './place.ts'

const staging = suite('bad files: refused or restored correctly, and the live database untouched')
let place: Site
let before: Found
let good: Backup
let text: Buffer

staging.before(async () => {
  await deployed('v1')
  assert.is((await backup('--verify', '--no-uploads')).code, 0)
  place = await site()
  before = await content()
  const [newest] = listed()
  if (!newest) throw new Error('there is no backup')
  good = newest
  text = readFileSync(good.file)
})

staging.after.each(async () => {
  assert.equal(differences(before, await content()), [], 'the live database was touched')
  assert.equal(await databases(), ['tracehub'])
})

/** Why a file is refused; it is restored beside the live database where it is not. */
async function refusal(name: string, bytes: Buffer, manifest?: string): Promise<string | undefined> {
  const file = join(backups(), name)
  writeFileSync(file, bytes)
  if (manifest) writeFileSync(manifestFile(backups(), name), manifest)
  try {
    const examined = await examine(place, file, silent)
    const restored = await restoreAside(place, examined, 'tracehub_scratch_test', silent)
    await psql('drop database tracehub_scratch_test', 'postgres')
    assert.equal(
      differences({ rows: before.rows, content: undefined }, { rows: restored.rows, content: undefined }),
      [],
    )
    return undefined
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { what, detail } = problemOf(error)
    return `${what}\n${detail}`
  } finally {
    rmSync(file)
    if (manifest) rmSync(manifestFile(backups(), name))
  }
}

const manifestOf = (name: string): string => JSON.stringify({ ...good.manifest, file: name })
const places = Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20)

staging('cut off at 20 places: refused, with a manifest by the byte at which it ends', async () => {
  for (const share of places) {
    const cut = text.subarray(0, Math.floor(text.length * share))
    assert.match(
      (await refusal('cut.sql', cut)) ?? '',
      'cut.sql cannot be restored: it is not complete',
      `${share}`,
    )
    assert.match(
      (await refusal('cut.sql', cut, manifestOf('cut.sql'))) ?? '',
      `it is cut off: it ends at byte ${cut.length} of ${text.length}`,
    )
  }
})

staging('one bit flipped at 20 places: refused, by the bytes between which it is', async () => {
  for (const share of places) {
    const at = Math.floor(text.length * share)
    const flipped = Buffer.from(text)
    flipped[at] = (flipped[at] ?? 0) ^ 4
    const said = (await refusal('flipped.sql', flipped, manifestOf('flipped.sql'))) ?? ''
    const [, from, to] = /damaged between byte (\d+) and byte (\d+)/.exec(said) ?? []
    assert.ok(Number(from) <= at && at <= Number(to), `${at}: ${said}`)
  }
})

staging('compressed, and cut off or flipped: refused also without a manifest', async () => {
  await docker(
    'exec',
    'tracehub-db-staging',
    'bash',
    '-ec',
    `cd /backups; zstd -q ${good.name} -o whole.zst; gzip -c ${good.name} > whole.gz; pg_dump -U tracehub_admin -Fc -f whole.custom tracehub; chmod a+r whole.*`,
  )
  for (const name of ['whole.zst', 'whole.gz']) {
    const whole = readFileSync(join(backups(), name))
    assert.is(await refusal('packed.sql', whole), undefined, name)
    for (const share of [0.2, 0.999]) {
      const at = Math.floor(whole.length * share)
      const flipped = Buffer.from(whole)
      flipped[at] = (flipped[at] ?? 0) ^ 4
      assert.match(
        (await refusal('packed.sql', flipped)) ?? '',
        /it cannot be unpacked|is not complete/,
        `${name} ${share}`,
      )
      assert.match(
        (await refusal('packed.sql', whole.subarray(0, at))) ?? '',
        /it cannot be unpacked/,
        `${name} ${share}`,
      )
    }
  }
  const custom = readFileSync(join(backups(), 'whole.custom'))
  assert.is(await refusal('packed.dump', custom), undefined)
  for (const share of [0.01, 0.5, 0.97])
    assert.match(
      (await refusal('packed.dump', custom.subarray(0, Math.floor(custom.length * share)))) ?? '',
      /pg_restore cannot read it|cannot be restored/,
    )
  for (const name of ['whole.zst', 'whole.gz', 'whole.custom']) rmSync(join(backups(), name))
})

const withSettingOfTheFuture = (): string =>
  text.toString().replace('SET statement_timeout = 0;', 'SET timeout_of_the_future = 0;')
const madeBy = (version: string, dump: string): string =>
  dump.replace(/^(-- Dumped (from database|by pg_dump) version) .*$/gm, `$1 ${version}`)

const refused: [what: string, bytes: () => Buffer, why: RegExp][] = [
  ['empty', () => Buffer.alloc(0), /it is empty/],
  [
    'binary junk',
    () => Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256)),
    /it is not complete/,
  ],
  ['a mebibyte of zeros', () => Buffer.alloc(1024 * 1024), /it is not complete/],
  ['a text', () => Buffer.from('select 1;\n'), /it is not complete/],
  [
    'something that only begins like gzip',
    () => Buffer.concat([Buffer.from([0x1f, 0x8b]), text.subarray(0, 99)]),
    /unpacked/,
  ],
  [
    'a dump with --create, which connects elsewhere',
    () => Buffer.concat([Buffer.from('\\connect tracehub\n'), text]),
    /at byte 0 it has a command for psql, "\\\\connect tracehub"/,
  ],
  [
    'a dump with a shell command in it',
    () => Buffer.concat([Buffer.from('--\n \\! touch /tmp/owned\n'), text]),
    /at byte 4 it has a command for psql/,
  ],
  [
    'tokens that do not match',
    () => Buffer.from(text.toString().replace(/^\\unrestrict .*$/m, '\\unrestrict other')),
    /restrict/,
  ],
  [
    'a setting that is not known here',
    () => Buffer.from(withSettingOfTheFuture()),
    /PostgreSQL refused it[\s\S]*timeout_of_the_future/,
  ],
  [
    'a dump of a newer PostgreSQL that knows more than ours',
    () => Buffer.from(madeBy('18.1', withSettingOfTheFuture())),
    /cannot be restored: it was made by pg_dump 18\.1, and PostgreSQL here is 17\.\d+\n.*timeout_of_the_future/,
  ],
  [
    'the same, compressed',
    () => gzipSync(madeBy('18.1', withSettingOfTheFuture())),
    /cannot be restored: it was made by pg_dump 18\.1, and PostgreSQL here is 17\.\d+\n.*timeout_of_the_future/,
  ],
  [
    'an error in its last table',
    () =>
      Buffer.from(text.toString().replace(/\n(?=-- PostgreSQL database dump complete)/, '\nselect 1/0;\n')),
    /PostgreSQL refused it[\s\S]*division by zero/,
  ],
  [
    'a role that is not here',
    () => Buffer.from(text.toString().replace(/OWNER TO tracehub/, 'OWNER TO nobody_here')),
    /role "nobody_here" does not exist/,
  ],
]
for (const [what, bytes, why] of refused)
  staging(`refused: ${what}`, async () =>
    assert.match((await refusal('bad.sql', bytes())) ?? 'restored', why),
  )

staging('restored correctly: a dump of an older pg_dump, without tokens', async () => {
  const old = text
    .toString()
    .replace(/^\\(un)?restrict .*\n/gm, '')
    .replace(/^SET transaction_timeout.*\n/m, '')
  assert.is(await refusal('old.sql', Buffer.from(old)), undefined)
})

staging('restored correctly: a dump of a newer PostgreSQL that says nothing new', async () =>
  assert.is(await refusal('newer.sql', Buffer.from(madeBy('18.1', text.toString()))), undefined),
)

staging('a manifest that promises other rows: refused after the restore', async () => {
  const said = await refusal(
    'other.sql',
    text,
    JSON.stringify({
      ...good.manifest,
      file: 'other.sql',
      rows: { ...good.manifest?.rows, 'public.shipments': 101 },
    }),
  )
  assert.match(
    said ?? '',
    /restores to something else than was dumped\npublic\.shipments has 100 rows instead of 101/,
  )
})

staging('what is no file, for the script as a person starts it', async () => {
  mkdirSync(join(backups(), 'directory.sql'), { recursive: true })
  const outside = join(tmpdir(), 'it\'s "a" backup $(touch owned).sql')
  copyFileSync(good.file, outside)
  const answers: [string, number, RegExp][] = [
    [join(backups(), 'directory.sql'), 1, /directory\.sql cannot be restored: it is a directory/],
    ['no-such-file.sql', 2, /there is no file "no-such-file\.sql"/],
    ['x'.repeat(5000), 2, /there is no file "x{80}…" \(5000 characters\)/],
  ]
  for (const [given, code, message] of answers) {
    const ran = await rollBack('-b', given)
    assert.is(ran.code, code, ran.stderr)
    assert.match(ran.stderr, message)
  }
  rmSync(join(backups(), 'directory.sql'), { recursive: true })
  const verified = await script('backup', ['-e', 'staging', '--verify', outside])
  assert.is(verified.code, 0, verified.stdout + verified.stderr)
  rmSync(outside)
  rmSync(manifestFile(tmpdir(), outside))
  assert.equal(await leftovers(), [])
})

staging('a file or a manifest that somebody else has made, and alone may read', async () => {
  // Root may read everything, unless that right is taken from it.
  const limited = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : []
  const hidden = join(backups(), 'hidden')
  mkdirSync(hidden)
  for (const [name, mode] of [
    ['theirs.sql', 0],
    ['hidden/theirs.sql', 0o600],
  ] as const) {
    copyFileSync(good.file, join(backups(), name))
    chmodSync(join(backups(), name), mode)
  }
  chmodSync(hidden, 0)
  const answer = async (...args: string[]): Promise<string> => {
    const [command = '', ...words] = [...limited, join(toolkit, 'scripts', args[0] ?? '')]
    const ran = await ended(command, [...words, '-e', 'staging', ...args.slice(1)], {
      env: scriptEnvironment,
    })
    assert.is(ran.code, 1, ran.stdout + ran.stderr)
    return ran.stderr
  }
  for (const name of ['theirs.sql', 'hidden/theirs.sql']) {
    const said = await answer('rollback.ts', '-t', 'database', '-b', `backups/${name}`)
    assert.match(said, 'theirs.sql cannot be restored: it may not be read')
    assert.match(said, `→ work as its owner, or: sudo chown ${userInfo().username} ${join(backups(), name)}`)
  }
  const manifest = manifestFile(backups(), good.name)
  chmodSync(manifest, 0)
  assert.match(await answer('backup.ts', '--list'), `${manifest} may not be read\n→ work as its owner`)
  chmodSync(manifest, 0o600)
  rmSync(join(backups(), 'theirs.sql'))
  rmSync(hidden, { recursive: true })
})

staging('a wrong database: its schema is not what the live version needs', async () => {
  await psql('create database other', 'postgres')
  await docker(
    'exec',
    'tracehub-db-staging',
    'bash',
    '-ec',
    'psql -U tracehub_admin -d other -qc "create table theirs (a int)"; pg_dump -U tracehub_admin -f /backups/other.sql other; chmod a+r /backups/other.sql',
  )
  await psql('drop database other', 'postgres')
  const { code, stderr } = await rollBack('-b', 'backups/other.sql')
  assert.is(code, 1)
  assert.match(stderr, /the backup's schema is at an empty schema, which is not what v1 needs/)
  assert.match(stderr, /Nothing was touched/)
  rmSync(join(backups(), 'other.sql'))
})

/** What hostile files can have touched: the container's files, roles, settings, databases; the live one is seen to above. */
const touched = async (): Promise<string> =>
  [
    (await docker('diff', 'tracehub-db-staging')).split('\n').sort().join('\n'),
    readdirSync(backups()).join('\n'),
    await docker('exec', 'tracehub-db-staging', 'bash', '-c', 'ls -la /tmp; md5sum "$PGDATA"/*.conf'),
    await psql(
      `select rolname, rolsuper, rolpassword, rolconfig, array(select roleid::regrole from pg_auth_members where member = r.oid)
        from pg_authid r left join lateral (select setconfig rolconfig from pg_db_role_setting where setrole = r.oid) on true order by 1;
      select datname, datdba::regrole, datacl, datistemplate, shobj_description(d.oid, 'pg_database'), setconfig
        from pg_database d left join pg_db_role_setting on setdatabase = d.oid order by 1;
      select spcname from pg_tablespace; select name, setting from pg_file_settings`,
      'postgres',
    ),
  ].join('\n')

staging(
  `${hostile.length} hostile files, which nobody has read before: none reaches beyond its database`,
  async () => {
    await psql('create role reader; create extension dblink; create extension postgres_fdw')
    const { project } = place
    const name = 'tracehub_scratch_test'
    const before = await touched()
    await makeRestorer(project)
    await createLike(project, { model: 'tracehub', name, owner: restorer })
    await prepare(project, {
      name,
      live: 'tracehub',
      extensions: ['dblink', 'postgres_fdw'].map(extension => ({ name: extension, schema: 'public' })),
    })
    const directory = join(backups(), 'hostile')
    mkdirSync(directory)
    for (const [index, { sql }] of hostile.entries())
      writeFileSync(join(directory, `${index}.sql`), `${sql}\n`)
    const to = { user: 'tracehub', name, file: 'each', owner: 'tracehub' }
    const [, , script = '', ...words] = loading('sql', to)
    const loop =
      'n=$1 script=$2; shift 2; for i in $(seq 0 "$n"); do echo "=$i"; bash -c "$script" "$1" "$2" "$3" "/backups/hostile/$i.sql" "$5" "$6" "$7" "$8" 2>&1; echo "code $?"; done'
    const last = `${hostile.length - 1}`
    const said = await docker(
      'exec',
      'tracehub-db-staging',
      'bash',
      '-c',
      loop,
      'bash',
      last,
      script,
      ...words,
    )
    const answers = said.split(/^=\d+\n/m).slice(1)
    for (const [index, { what, may }] of hostile.entries()) {
      const answer = answers[index] ?? ''
      if (may) assert.match(answer, /code 0\n?$/, what)
      else assert.match(answer, /psql:.*error: [\s\S]*code 3\n/i, what)
    }
    await forgetSettings(project, name)
    await sql(project, 'analyze', { database: name, user: restorer })
    const found = parseStatements('')
    for (const statement of notToBeGiven) {
      const given = handOver(project, { name, owner: 'tracehub', found: { ...found, later: [statement] } })
      assert.match(await given.then(() => 'given', problemOf).then(JSON.stringify), /denied/, statement)
    }
    await dropDatabase(project, name)
    rmSync(directory, { recursive: true })
    assert.is(await touched(), before)
    await psql('drop role reader; drop extension dblink; drop extension postgres_fdw')
  },
)

staging('hostile lines in a good dump, for the scripts: refused, and nothing was changed', async () => {
  const before = await touched()
  const [first = ''] = hostile.map(({ sql }) => sql)
  const file = join(backups(), 'hostile.sql')
  for (const ran of [
    () => script('backup', ['-e', 'staging', '--verify', file]),
    () => rollBack('-b', file),
  ]) {
    writeFileSync(
      file,
      text.toString().replace(/^(.*\n){8}/, lines => `${lines}${first}\n`),
    )
    const { code, stderr } = await ran()
    rmSync(file)
    assert.is(code, 1, stderr)
    assert.match(stderr, /hostile\.sql cannot be restored: at byte \d+ it has a command for psql/)
  }
  assert.is(await touched(), before)
})

staging.run()
