import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { directoryOf, type Finished, script } from '../harness.ts'
import { sandboxRoot } from '../root.ts'
import { ensureSshd, fingerprint, hostKeyFile, keys, sshPort, sshUser } from '../ssh/sshd.ts'
import { backups, deployed, listed } from './place.ts'

const staging = suite('a recovery point elsewhere')
const far = join(sandboxRoot, 'far')
const url = `sftp://${sshUser}@127.0.0.1:${sshPort}${far}/staging%20copies`
const there = (...path: string[]): string => join(far, 'staging copies', ...path)
let pin = ''
const backup = (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
  script('backup', ['-e', 'staging', ...args], {
    BACKUP_SFTP_SSH_KEY: keys.client,
    BACKUP_SFTP_HOST_KEY: pin,
    ...env,
  })

staging.before(async () => {
  await ensureSshd(() => {})
  pin = await fingerprint(hostKeyFile('ed25519'))
  rmSync(far, { recursive: true, force: true })
  mkdirSync(far)
  await deployed('v1')
  mkdirSync(join(directoryOf('staging'), 'uploads', 'deep ü'))
  writeFileSync(join(directoryOf('staging'), 'uploads', 'deep ü', "it's $(one).pdf"), 'one')
})
staging.after(() => rmSync(far, { recursive: true, force: true }))

staging('is the same there, file by file', async () => {
  const { code, stdout, stderr } = await backup(['--to', url])
  assert.is(code, 0, stdout + stderr)
  assert.match(stdout, /Copy it offsite +3 files at 127\.0\.0\.1, .* sent, checksums compared/)
  const [newest] = listed()
  const name = newest?.name ?? ''
  assert.equal(readFileSync(there(name)), readFileSync(join(backups(), name)))
  assert.is(
    readFileSync(there(newest?.manifest?.uploads?.directory ?? '', 'deep ü', "it's $(one).pdf"), 'utf8'),
    'one',
  )
  assert.is(statSync(there(name)).mode & 0o077, 0, 'others could read it')
})

staging(
  'a copy that was cut off goes on with the next, and one that only looks like it is not believed',
  async () => {
    const [newest] = listed()
    const name = newest?.name ?? ''
    const whole = readFileSync(there(name))
    for (const begun of [whole.subarray(0, 5000), Buffer.alloc(5000, 'x')]) {
      rmSync(there(name))
      rmSync(there(name.replace('.sql', '.json')))
      writeFileSync(there(`${name}.partial`), begun)
      const again = await backup(['--to', url, '--no-uploads'])
      assert.is(again.code, 0, again.stderr)
      assert.match(again.stdout, /Copy it offsite +5 files/)
      assert.equal(readFileSync(there(name)), whole)
    }
    assert.equal(
      readdirSync(there()).filter(file => file.endsWith('.partial')),
      [],
    )
  },
)

staging('--pull brings the newest here, whole', async () => {
  const [newest] = listed()
  const name = newest?.name ?? ''
  const whole = readFileSync(join(backups(), name))
  const here = join(backups(), name)
  const damaged = Buffer.from(whole)
  damaged[700] = (damaged[700] ?? 0) ^ 1
  // What is here of it may be a beginning, or look like one, or be damaged: never is it taken for the whole.
  const found: [begun: Buffer, dump: Buffer | undefined][] = [
    [whole.subarray(0, 1000), undefined],
    [damaged.subarray(0, 1000), damaged],
  ]
  for (const [begun, dump] of found) {
    rmSync(here, { force: true })
    if (dump) writeFileSync(here, dump)
    writeFileSync(`${here}.partial`, begun)
    const { code, stdout, stderr } = await backup(['--pull'], { BACKUP_SFTP_URL: url })
    assert.is(code, 0, stdout + stderr)
    assert.equal(readFileSync(here), whole)
  }
  rmSync(here)
  writeFileSync(there(name), damaged)
  const bad = await backup(['--pull', '--to', url])
  assert.is(bad.code, 1)
  assert.match(bad.stderr, /is damaged there, or on its way/)
  assert.not.ok(existsSync(here), 'what looks like a backup is one')
  assert.not.ok(existsSync(`${here}.partial`))
  writeFileSync(there(name), whole)
  writeFileSync(here, whole)
})

staging('--pull takes nothing for its own that belongs to another backup here', async () => {
  const [newest, older] = listed()
  const file = join(backups(), `${newest?.name}`)
  const manifest = (name: string): string => name.replace(/\.sql$/, '.json')
  const ours = [readFileSync(file), readFileSync(manifest(file))] as const
  const theirs = readFileSync(there(manifest(`${newest?.name}`)), 'utf8')
  // Another backup by the same name, whole.
  writeFileSync(file, 'another')
  const digest = createHash('sha256').update('another').digest('hex')
  writeFileSync(manifest(file), JSON.stringify({ ...JSON.parse(`${ours[1]}`), sha256: digest, bytes: 7 }))
  const { code, stderr } = await backup(['--pull', '--to', url])
  assert.is(code, 1)
  assert.match(stderr, /is here already, and is not what is there\n\s*→ mv /)
  assert.is(readFileSync(file, 'utf8'), 'another')
  // A manifest that names the uploads of another backup.
  writeFileSync(file, ours[0])
  writeFileSync(manifest(file), ours[1])
  const stolen = `${older?.name}`.replace(/^backup_(.*)\.sql$/, 'uploads_$1')
  const names = { directory: stolen, files: 1, bytes: 1 }
  writeFileSync(there(manifest(`${newest?.name}`)), JSON.stringify({ ...JSON.parse(theirs), uploads: names }))
  assert.is((await backup(['--pull', '--to', url])).code, 0)
  assert.not.match(readFileSync(manifest(file), 'utf8'), stolen)
  writeFileSync(there(manifest(`${newest?.name}`)), theirs)
  writeFileSync(manifest(file), ours[1])
})

staging('its own retention: ten there, and the newest stays', async () => {
  const manifest = JSON.parse(
    readFileSync(there(`${listed()[0]?.name.replace(/\.sql$/, '')}.json`), 'utf8'),
  ) as object
  for (let day = 10; day < 22; day += 1) {
    const file = `backup_202401${day}_120000.sql`
    writeFileSync(there(file), 'x')
    writeFileSync(
      there(file.replace('.sql', '.json')),
      JSON.stringify({ ...manifest, file, bytes: 1, at: Date.UTC(2024, 0, day), verifiedAt: undefined }),
    )
  }
  assert.is((await backup(['--to', url, '--no-uploads'])).code, 0)
  const dumps = readdirSync(there()).filter(name => name.endsWith('.sql'))
  assert.is(dumps.filter(name => existsSync(there(name.replace('.sql', '.json')))).length, 10)
  assert.ok(dumps.includes(listed()[0]?.name ?? ''))
  assert.not.ok(dumps.includes('backup_20240110_120000.sql'))
})

staging('what fails is a failure; what is here is good, and one command copies it', async () => {
  const before = listed().length
  const stranger = await backup(['--to', url, '--no-uploads'], {
    BACKUP_SFTP_HOST_KEY: `SHA256:${'A'.repeat(43)}`,
  })
  assert.is(stranger.code, 5, stranger.stdout)
  assert.not.match(stranger.stdout + stranger.stderr, /nothing was changed/)
  const [, name = '', why = '', command = ''] =
    /backups\/(backup_\d{8}_\d{6}\.sql) is here, complete, but NOT offsite: (.*)[\s\S]*then copy it: npx tsx scripts\/backup\.ts -e staging (.*)$/m.exec(
      stranger.stderr,
    ) ?? []
  assert.match(why, 'STOP: the host key of [127.0.0.1]:2022 has CHANGED')
  assert.is(name, listed()[0]?.name)
  assert.not.ok(existsSync(there(name)))
  const copied = await backup(command.split(' '))
  assert.is(copied.code, 0, copied.stdout + copied.stderr)
  assert.match(copied.stdout, /verified +yes/)
  assert.equal(readFileSync(there(name)), readFileSync(join(backups(), name)))
  assert.ok(existsSync(there(name.replace('.sql', '.json'))))
  const locked = await backup(['--to', url, '--no-uploads', '--scheduled'], {
    BACKUP_SFTP_SSH_KEY: keys.stranger,
  })
  assert.is(locked.code, 5)
  assert.match(locked.stderr, /does not let .* in with this key/)
  const quiet = await backup(['--to', url, '--no-uploads', '--scheduled'])
  assert.equal([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''], 'a scheduled run is quiet')
  const file = await backup(['--to', `sftp://${sshUser}@127.0.0.1:${sshPort}/proc/nowhere`, '--no-uploads'])
  assert.is(file.code, 5)
  assert.is(listed().length, before + 4)
})

staging.run()
