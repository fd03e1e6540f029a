import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { migrationsOf } from '../../../lib/database/migrations.ts'
import { readInImage } from '../../../lib/docker/image-reading.ts'
import { label } from '../../../lib/docker/throwaway.ts'
import { type PinnedImage, pinned } from '../../../lib/environment/releases.ts'
import { liveInImage } from '../../../lib/migrate-check/live-version.ts'
import { Run } from '../../../lib/run/run.ts'
import { environmentIn, inTemporary } from '../../lib/fixtures.ts'
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

const read = (from: PinnedImage) =>
  inTemporary(directory => {
    writeFileSync(join(directory, '.env.production'), 'JWT_SECRET=0f4c1d7be92a86530f1e2d3c4b5a6978\n', {
      mode: 0o600,
    })
    const run = new Run({ write: () => {} })
    return migrationsOf({ environment: environmentIn(directory), run }, from)
  })

/** Another image of the base project's. */
const built = (...lines: readonly string[]) =>
  run(['docker', 'build', '--quiet', '--tag', needy, '-'], {
    input: [`FROM ${image}`, ...lines, ''].join('\n'),
  })

/** The containers of this process, running or not. */
const containers = async (): Promise<string[]> =>
  (await docker('ps', '--all', '--filter', `label=${label}`, '--format', `{{.Names}} {{.Label "${label}"}}`))
    .split('\n')
    .filter(line => line.includes(` ${process.pid}-`))

reading('its entrypoint, which waits for a database, is not run', async () => {
  const graph = await read(image)
  assert.equal(graph.heads, ['bbbb2222'])
  assert.equal(await containers(), [])
})

reading('env.py is not run either, where alembic.ini has every command run it', async () => {
  await built(
    "RUN printf 'revision_environment = true\\nrecursive_version_locations = true\\n' >> alembic.ini",
  )
  const graph = await read(needy)
  assert.equal(graph.heads, ['bbbb2222'])
})

reading(
  "a revision may import the application, and that its settings: it is read with the backend's",
  async () => {
    await built(
      `RUN for file in alembic/versions/*bbbb2222*; do echo 'import os; os.environ["JWT_SECRET"], os.environ["DATABASE_URL"]' >> $file; done`,
    )
    assert.equal((await read(needy)).heads, ['bbbb2222'])
    // And in a Python of its own, of which only the program is on the path.
    await built(
      `RUN for file in alembic/versions/*bbbb2222*; do echo 'import os; os.environ["JWT_SECRET"]' >> $file; done`,
      'RUN mkdir -p /opt/own/bin && mv /usr/lib/python3/dist-packages /opt/own/packages',
      `RUN printf '#!/bin/sh\\nPYTHONPATH=/opt/own/packages exec /usr/bin/python3 "$@"\\n' > /opt/own/bin/python3 && chmod +x /opt/own/bin/python3`,
      `RUN sed -i '1s,.*,#!/opt/own/bin/python3,' /usr/bin/alembic`,
    )
    assert.equal((await read(needy)).heads, ['bbbb2222'])
  },
)

const names = ['weight', 'public.shipments', 'public.shipment_items']
const elsewhere: readonly (readonly [
  what: string,
  lines: readonly string[],
  found: readonly (string | undefined)[],
])[] = [
  ['in the working directory', [], ['app/models.py:24', 'app/models.py:17', undefined]],
  [
    'on the Python path',
    ['RUN mkdir /srv/code && mv app /srv/code/', 'ENV PYTHONPATH=/srv/code'],
    ['/srv/code/app/models.py:24', '/srv/code/app/models.py:17', undefined],
  ],
  [
    'installed as a package',
    [
      'RUN mkdir /made && mv app /made/ && cd /usr/local/lib/python3*/dist-packages && mv /made/app . && mkdir app-1.dist-info && cd app-1.dist-info',
      `RUN cd /usr/local/lib/python3*/dist-packages/app-1.dist-info && printf 'Name: app\\nVersion: 1\\n' > METADATA && printf 'app/models.py,,\\n' > RECORD && echo '{"url": "file:///src", "dir_info": {}}' > direct_url.json`,
    ],
    [
      '/usr/local/lib/python3.13/dist-packages/app/models.py:24',
      '/usr/local/lib/python3.13/dist-packages/app/models.py:17',
      undefined,
    ],
  ],
  [
    'in a directory called versions, in capitals, in a class that the table is called after',
    [
      'RUN mkdir app/versions && rm app/models.py && echo "SELECT WEIGHT FROM SHIPMENTS" > app/versions/v1.sql && echo "class ShipmentItem(SQLModel, table=True):" > app/models.py',
    ],
    ['app/versions/v1.sql:1', 'app/versions/v1.sql:1', 'app/models.py:1'],
  ],
  [
    'compiled',
    ['RUN python3 -m compileall -q -b app && rm app/*.py'],
    ['app/models.pyc:', 'app/models.pyc:', undefined],
  ],
  [
    'in no file but a test',
    ['RUN mkdir tests && mv app/models.py tests/test_models.py'],
    [undefined, undefined, undefined],
  ],
]
for (const [what, lines, found] of elsewhere)
  reading(`what the live version names: ${what}`, async () => {
    await built(...lines)
    const live = liveInImage(needy, AbortSignal.timeout(100_000))
    const places = await Promise.all(names.map(live))
    for (const [index, place] of found.entries())
      if (place === undefined) assert.equal(places[index], [], names[index])
      else
        assert.ok(
          places[index]?.some(each => each.startsWith(place)),
          `${names[index]}: ${places[index]}`,
        )
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
