import { mkdirSync, symlinkSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { diskProblems } from '../../../lib/deploy/preflight/machine.ts'
import { directoriesIn, engineDirectories, fileSystemOf } from '../../../lib/docker/disks.ts'
import { disksOf } from '../../../lib/operations/status/disk.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import { environmentIn, inTemporary, withDocker } from '../fixtures.ts'

const where = suite('engine-disks: where the engine writes')

const classic = { DockerRootDir: '/data', DriverStatus: [['Backing Filesystem', 'extfs']] as const }
const containerds = {
  ...{ DockerRootDir: '/data', DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] as const },
  Containerd: { Address: '/run/containerd/containerd.sock' },
}

where('the classic store is in its data', () =>
  assert.equal(directoriesIn(classic, 'root = "/elsewhere"'), { data: '/data', images: '/data' }),
)
where("containerd's store is in containerd's own directory, as its settings have it", () => {
  const images = (config: string): string | undefined => directoriesIn(containerds, config)?.images
  assert.is(images(''), '/var/lib/containerd')
  assert.is(images('#root = "/a"\nversion = 2\n[plugins]\n  path = "/b"\n'), '/var/lib/containerd')
  assert.is(images('version = 2\nroot = "/mnt/big disk"\nstate = "/run/containerd"\n'), '/mnt/big disk')
  assert.is(images("root='/mnt/c'\n"), '/mnt/c')
})
where('a containerd that dockerd has started keeps its files in the data', () => {
  const Containerd = { Address: '/var/run/docker/containerd/containerd.sock' }
  assert.is(
    directoriesIn({ ...containerds, Containerd }, 'root = "/other"')?.images,
    '/data/containerd/daemon',
  )
})
where('a client that tells of itself alone does not know', () =>
  withDocker(`echo '{"ServerErrors":["Cannot connect"]}'`, async () =>
    assert.is(await engineDirectories(10_000), undefined),
  ),
)
where('what is not here has no file system', async () =>
  assert.is(await fileSystemOf('/not/here'), undefined),
)

/** An engine whose data is in a temporary directory and whose images are on another disk. */
const apart = (act: (directory: string) => Promise<void>): Promise<void> =>
  inTemporary(async data => {
    const info = {
      ...{ DockerRootDir: `${data}/docker`, DriverStatus: containerds.DriverStatus },
      Containerd: { Address: `${data}/docker/containerd/containerd.sock` },
    }
    mkdirSync(`${data}/docker/containerd`, { recursive: true })
    const script = `[ "$1" = info ] && echo '${JSON.stringify(info)}'; true`
    // The kernel's own file system stands for another disk: it is mounted everywhere.
    symlinkSync('/proc', `${data}/docker/containerd/daemon`)
    await withDocker(script, act)
  })

where('status shows the disk of the images, too, and each disk once', () =>
  apart(async directory => {
    const found = await disksOf(directory, 10_000)
    assert.equal(
      found.map(({ holds }) => holds),
      ['disk', 'images'],
    )
    assert.match(found[1]?.path ?? '', /\/docker\/containerd\/daemon$/)
  }),
)

where('status knows the disk of its files also where Docker hangs', () =>
  withDocker('exec sleep 600', async () => {
    const found = await disksOf('/tmp', 200)
    assert.equal(
      found.map(({ holds }) => holds),
      ['files'],
    )
  }),
)

where('preflight wants room on each of them, and says so once a disk', () =>
  apart(async directory => {
    const environment = environmentIn(directory, { diskReserve: 2 ** 60 })
    const project = { containers: async () => [] } // no database yet
    const problems = await diskProblems({ environment, project } as unknown as Site, true) // all that it uses
    const places = problems.map(({ what }) => what.replace(/ has .*/, ''))
    assert.is(places.length, 2, places.join())
    assert.is(places[0], directory)
    assert.match(places[1] ?? '', /\/docker\/containerd\/daemon$/)
  }),
)

where.run()
