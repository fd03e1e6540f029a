import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { migrationsOf } from '../../../lib/database/migrations.ts'
import { readInImage } from '../../../lib/docker/image-reading.ts'
import { label } from '../../../lib/docker/leftovers.ts'
import { pinned } from '../../../lib/environment/releases.ts'
import { buildBaseImages } from '../build-images.ts'
import { docker } from '../docker.ts'
import { images, inProject } from './corpus.ts'

const reading = suite('reading the migrations in an image')

/** The base project in an image that first waits for its database, then migrates it, and only then does what is asked. */
const image = pinned('tracehub-sandbox/waits-and-migrates:build-000000000000')
const needy = pinned('tracehub-sandbox/history-runs-env:build-000000000000')
const dockerfile = `FROM ${images.python}
WORKDIR /app
COPY . .
RUN printf '%s\\n' '#!/bin/sh' 'until getent hosts db; do sleep 1; done' 'alembic upgrade head' 'exec "$@"' > /entrypoint.sh && chmod +x /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
`

reading.before(async () => {
  await buildBaseImages(() => {})
  await inProject('_base', directory =>
    run(['docker', 'build', '--quiet', '--tag', image, '--file', '-', directory], { input: dockerfile }),
  )
})
reading.after(async () => void (await docker('image', 'rm', '--force', image, needy)))

/** The containers of this process, running or not. */
const containers = async (): Promise<string[]> =>
  (await docker('ps', '--all', '--filter', `label=${label}`, '--format', `{{.Names}} {{.Label "${label}"}}`))
    .split('\n')
    .filter(line => line.includes(` ${process.pid}-`))

reading('its entrypoint, which waits for a database, is not run', async () => {
  const graph = await migrationsOf(image, AbortSignal.timeout(100_000))
  assert.equal(graph.heads, ['bbbb2222'])
  assert.equal(await containers(), [])
})

reading('env.py is not run either, where alembic.ini has every command run it', async () => {
  const text = `FROM ${image}\nRUN printf 'revision_environment = true\\nrecursive_version_locations = true\\n' >> alembic.ini\n`
  await run(['docker', 'build', '--quiet', '--tag', needy, '-'], { input: text })
  const graph = await migrationsOf(needy, AbortSignal.timeout(100_000))
  assert.equal(graph.heads, ['bbbb2222'])
})

reading('a run that is stopped takes the container with it, at whatever moment', async () => {
  const stop = new AbortController()
  const caught = readInImage(image, ['sleep', '1000'], { signal: stop.signal }).catch(
    (error: unknown) => error,
  )
  while ((await containers()).length === 0) await sleep(50)
  stop.abort(new Error('stopped by SIGINT'))
  assert.match(`${await caught}`, 'stopped by SIGINT')
  assert.equal(await containers(), [])
})

reading('it has its time, and no longer', async () => {
  const caught = readInImage(image, ['sleep', '1000'], { timeout: 2000 }).catch((error: unknown) => error)
  assert.match(`${await caught}`, 'did not finish within 2.0 s')
  assert.equal(await containers(), [])
})

reading.run()
