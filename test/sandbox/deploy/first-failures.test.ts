import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { docker } from '../docker.ts'
import { directoryOf, freshEnvironment, script } from '../harness.ts'
import { differences, machine } from '../machine.ts'
import { startRegistry, stopRegistry } from '../registry.ts'

const first = suite('a first deploy that fails says what it has left, and nothing else is there')
const directory = directoryOf('production')

/** What must be named, for each kind of thing that differs; the rest of an image is its digest. */
const named: Readonly<Record<string, (line: string) => string>> = {
  file: line => / \.\/?(\S*)/.exec(line)?.[1] ?? line,
  container: line => line.split('=')[1] ?? line,
  volume: line => line,
  network: line => line.split('=')[1] ?? line,
  image: line => line.slice('sha256:'.length).slice(0, 12),
}

/** Deploys, and holds what is said against a comparison of the whole machine before and after. */
async function fails(
  code: number,
  why: RegExp,
  words: readonly string[] = ['--tag', 'v1'],
  env: Record<string, string> = {},
): Promise<string> {
  const before = await machine(directory)
  const ran = await script('deploy', ['-e', 'production', ...words], env)
  const said = ran.stdout + ran.stderr
  assert.is(ran.code, code, said)
  assert.match(said, why)
  const changed = differences(before, await machine(directory))
  if (/nothing was changed/.test(said)) assert.equal(changed, [])
  else {
    assert.ok(changed.length > 0, 'something must be left where that is said')
    const left = said.slice(said.indexOf('left here, for the next run:'))
    for (const line of changed.filter(text => text.startsWith('+'))) {
      const [, kind = '', thing = ''] = /^\+ (\w+) (.*)$/.exec(line) ?? []
      const name = named[kind]?.(thing) ?? thing
      const closed = thing.startsWith('d ') && `${join(directory, name)} was open to other users`
      assert.ok(left.includes(name) || (closed && said.includes(closed)), `${line} is not named in ${left}`)
    }
  }
  return said
}

first.before.each(async () => {
  await freshEnvironment('production')
})
first.after(startRegistry)

first('a placeholder among the secrets, a tag that is not there, a port that is taken', async () => {
  const file = join(directory, '.env.production')
  const good = readFileSync(file, 'utf8')
  writeFileSync(file, good.replace(/^JWT_SECRET=.*$/m, 'JWT_SECRET=change-this-please'))
  assert.match(await fails(1, /still a placeholder/), /failed, nothing was changed/)
  writeFileSync(file, good)
  assert.match(await fails(1, /is not in the registry/, ['--tag', 'none']), /nothing was changed/)
  const stranger = createServer().listen(8000, '127.0.0.1')
  assert.match(await fails(1, /port 8000 is taken/), /nothing was changed/)
  stranger.close()
})

first("a container of somebody else's has a name of ours", async () => {
  await docker('create', '--name', 'tracehub-backend-green-prod', 'tracehub-sandbox/nginx')
  const said = await fails(1, /container +tracehub-backend-green-prod +created/)
  await docker('rm', 'tracehub-backend-green-prod')
  assert.match(said, /nothing was changed/)
})

first('the registry is down', async () => {
  await stopRegistry()
  const said = await fails(1, /127\.0\.0\.1:5050/)
  await startRegistry()
  assert.match(said, /nothing was changed/)
})

first('one image is built, and the other cannot be', async () => {
  const override = join(directory, '..', 'half-built.ts')
  const inTheBox = join(import.meta.dirname, '..', 'override.ts')
  writeFileSync(
    override,
    `import inTheBox from '${inTheBox}'\nexport default e => ({ ...inTheBox(e), sources: { backend: 'test/sandbox/tracehub/backend', frontend: 'docs' } })\n`,
  )
  const said = await fails(1, /Dockerfile/, ['--build', '--tag', 'x'], { TRACEHUB_OVERRIDE: override })
  assert.match(said, /deploy production failed \(/)
  assert.match(said, /left here, for the next run:\n +images: [0-9a-f]{12}/)
})

first('migrations that fail, a candidate that crashes, and one that fails its smoke tests', async () => {
  await fails(4, /the database migrations failed/, ['--tag', 'migration-fails'])
  await freshEnvironment('production')
  await fails(4, /has crashed/, ['--tag', 'crash-loop'])
  await freshEnvironment('production')
  await fails(4, /smoke/i, ['--tag', 'smoke-fails'])
})

first.run()
