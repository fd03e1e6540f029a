import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Candidate } from '../../../../lib/operations/cleanup/candidate.ts'
import { hostImages } from '../../../../lib/operations/cleanup/host.ts'
import { sweep } from '../../../../lib/operations/cleanup/sweep.ts'
import type { Site } from '../../../../lib/proxy/site.ts'
import type { Fact, RunEvent } from '../../../../lib/run/events.ts'
import { Run } from '../../../../lib/run/run.ts'
import { environmentIn, withDocker } from '../../fixtures.ts'

const host = suite('cleanup: what the engine has, and how it goes')

const digest = (number: number): string => `sha256:${`${number}`.repeat(64)}`
const pinned = (number: number): string => `registry.example/tracehub-backend@${digest(number)}`
const inspected = (number: number, more: object = {}) => ({
  ...{ Id: digest(number), RepoTags: [], RepoDigests: [], Size: 7, Config: { Labels: null } },
  ...more,
})

host("images that were pulled by digest are seen, which CLI 29's list for people leaves out", () => {
  const images = [
    inspected(1, { RepoTags: ['postgres:17'] }),
    inspected(2, { RepoDigests: [pinned(2)], Parent: digest(4) }),
    inspected(3, { RepoTags: null, RepoDigests: null, Config: null }),
    inspected(4), // what the one above was made of
  ]
  const script = `
case "$1 $*" in
  images\\ *\\ --quiet*) echo ${digest(1)}; case "$*" in *--all*) printf '%s\\n' ${[2, 3, 4].map(digest).join(' ')};; esac;;
  images*) echo '${digest(1)} 408MB'; echo '${digest(1)} 408MB'
    case "$*" in *--all*) printf '%s\\n' '${digest(2)} 1.2GB' '${digest(3)} N/A' '${digest(4)} 0B';; esac;;
  image*) shift 2; echo "$#" >asked; echo '${JSON.stringify(images)}';;
esac`
  return withDocker(script, async directory => {
    const found = await hostImages()
    assert.is(readFileSync(`${directory}/asked`, 'utf8'), '4\n', 'each once')
    assert.equal(
      found.map(({ id, references, bytes }) => [id, references, bytes]),
      [
        [digest(1), ['postgres:17'], 408_000_000],
        [digest(2), [pinned(2)], 1_200_000_000],
        [digest(3), [], 7],
      ],
    )
  })
})

host('more images than one command takes are asked for in several', () => {
  const script = `
case "$1" in
  images) seq -f 'sha256:%064.0f 1MB' 2500;;
  image) shift 2; echo "$#" >>asked; echo '[]';;
esac`
  return withDocker(script, async directory => {
    assert.equal(await hostImages(), [])
    assert.is(readFileSync(`${directory}/asked`, 'utf8'), '1000\n1000\n500\n')
  })
})

/** What sweeping says: its note and its warnings. */
async function swept(directory: string, candidates: readonly Partial<Candidate>[]): Promise<string[]> {
  const said: string[] = []
  const write = (event: Partial<RunEvent> & { fact?: Fact }): void => {
    if (event.type === 'warning') said.push(event.problem?.what ?? '')
  }
  const site = { environment: environmentIn(directory), run: new Run({ write }) } as unknown as Site // all that it uses
  const step = { progress: () => {}, note: (text: string) => void said.push(text), skip: () => {} }
  const whole = candidates.map(one => ({ name: 'it', bytes: 0, why: '', ...one }) as Candidate) // each names its kind
  await sweep(site, whole, step)
  return said
}

host('what went with its other name, or meanwhile, is gone as wanted; what is kept is named', () => {
  const names = ['registry.example/tracehub-backend:main', pinned(1)]
  const script = `
echo "$*" >>calls
[ "$1" = rm ] && { echo 'Error response from daemon: No such container: c' >&2; exit 1; }
shift 2
for name; do
  case "$name" in
    *:main) echo "Untagged: $name";;
    busy*) echo "Error response from daemon: conflict: unable to remove $name (must be forced)" >&2; code=1;;
    *) echo "Error response from daemon: No such image: $name" >&2; code=1;;
  esac
done
exit \${code:-0}`
  return withDocker(script, async directory => {
    const said = await swept(directory, [
      { kind: 'image', names },
      { kind: 'image', name: 'busy', names: ['busy:1', pinned(2)] },
      { kind: 'container', id: 'c' },
    ])
    assert.equal(said, [
      'busy stays: Error response from daemon: conflict: unable to remove busy:1 (must be forced)',
      '0 files, 1 container, 1 image',
    ])
    assert.is(readFileSync(`${directory}/calls`, 'utf8').split('\n')[1], `rmi -- ${names.join(' ')}`)
  })
})

host('an engine that is gone is a problem, not an image that is', () =>
  withDocker(
    'echo Cannot connect to the Docker daemon at unix:///var/run/docker.sock >&2; exit 1',
    async directory =>
      assert.equal(await swept(directory, [{ kind: 'image', names: ['a:1'] }]), [
        'it stays: Cannot connect to the Docker daemon at unix:///var/run/docker.sock',
        '0 files',
      ]),
  ),
)

host.run()
