import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeProblem } from '../../../lib/base/failure.ts'
import { factsIn, lookScript } from '../../../lib/remote/probe.ts'
import { problemsIn } from '../../../lib/remote/readiness.ts'
import { packToolkit } from '../../../lib/remote/toolkit.ts'
import { ended, inTemporary } from '../fixtures.ts'

const looking = suite('remote/look')
const vps = { user: 'ada', host: 'vps', port: 22 }
const fine = { node: '/usr/bin/node v22.1.0', npm: 'here', free: '9999999' }
const problems = (changes: Record<string, string>, without = ''): string =>
  problemsIn(
    new Map(Object.entries({ ...fine, ...changes }).filter(([name]) => name !== without)),
    vps,
    '/home/tracehub/production',
  )
    .map(describeProblem)
    .join('\n')

looking('a VPS that is ready has no problem', () => assert.is(problems({}), ''))

const node = '→ install Node.js 20.15 or later there: https://nodejs.org/en/download'
const cases: [what: string, changes: Record<string, string>, says: string][] = [
  ['no Node.js', { node: '' }, `Node.js is not installed on vps\n${node}`],
  [
    'an old one',
    { node: '/usr/bin/node v18.19.0' },
    `Node.js on vps is too old: v18.19.0, and 20.15 or later is needed\n${node}`,
  ],
  [
    'one that is a little too old',
    { node: '/usr/bin/node v20.14.0' },
    `Node.js on vps is too old: v20.14.0, and 20.15 or later is needed\n${node}`,
  ],
  ['the oldest that will do', { node: '/usr/bin/node v20.15.0' }, ''],
  [
    'no Docker',
    { docker: 'missing' },
    'Docker is not installed on vps\n→ https://docs.docker.com/engine/install',
  ],
  [
    'no Docker group',
    { docker: 'refused' },
    'ada may not use Docker on vps\n→ there: sudo usermod -aG docker ada; it counts from the next login on',
  ],
  [
    'no directory',
    { directory: 'missing' },
    '/home/tracehub/production is not on vps, and ada may not make it\n→ there: sudo mkdir -p /home/tracehub/production && sudo chown ada /home/tracehub/production',
  ],
  [
    "somebody else's directory",
    { directory: 'refused' },
    'ada may not write to /home/tracehub/production on vps\n→ there: sudo chown -R ada /home/tracehub/production',
  ],
  [
    'a full disk',
    { free: '1024' },
    'the disk of vps is full: 1.0 MiB free at /home/tracehub/production, and 300.0 MiB are needed\n→ there: df -h /home/tracehub/production; docker system df shows what takes the space',
  ],
  ['no flock', { 'missing-flock': 'yes' }, 'flock is not installed on vps\n→ apt-get install util-linux'],
]
for (const [what, changes, says] of cases) looking(what, () => assert.is(problems(changes), says))

looking('no npm matters only where dependencies are still to be installed', () => {
  assert.is(problems({}, 'npm'), 'npm is not installed on vps, though Node.js is\n→ apt-get install npm')
  assert.is(problems({ dependencies: 'here' }, 'npm'), '')
})

looking('everything at once', () =>
  assert.is(problems({ node: '', docker: 'refused', free: '0' }).match(/→/g)?.length, 3),
)

looking('what dotfiles print is no fact', () => {
  assert.is(factsIn('node=/evil v99\n'), undefined)
  const text =
    'welcome\nnode=/evil v99\ntracehub-look-begins\r\nnode=/n v20\r\nblobs=\ntracehub-look-ends\nbye=1\n'
  assert.equal(
    [...(factsIn(text) ?? [])],
    [
      ['node', '/n v20'],
      ['blobs', ''],
    ],
  )
})

looking('the script itself, in any POSIX shell: a directory with a hostile name is made and looked at', () =>
  inTemporary(async place => {
    const directory = `${place}/it's $(touch ${place}/pwned); "x" -n`
    const { stdout, stderr, code } = await ended('sh', ['-c', lookScript(directory, packToolkit())])
    assert.equal([stderr, code], ['', 0])
    const facts = factsIn(stdout)
    assert.match(facts?.get('node') ?? '', / v\d+/)
    assert.match(facts?.get('free') ?? '', /^\d+$/)
    assert.is(facts?.has('toolkit'), false)
    assert.equal(
      (await ended('ls', [place])).stdout.split('\n').length,
      2,
      'nothing but the directory is there',
    )
  }),
)

looking('a Node.js that is too old is passed over for another one', () =>
  inTemporary(async place => {
    const at = (directory: string, version: string): void => {
      mkdirSync(directory, { recursive: true })
      writeFileSync(join(directory, 'node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
    }
    at(join(place, 'old'), 'v20.14.0')
    at(join(place, '.nvm/versions/node/v20.15.0/bin'), 'v20.15.0')
    const variables = [`PATH=${place}/old:${process.env['PATH']}`, `HOME=${place}`]
    const words = [...variables, 'sh', '-c', lookScript(`${place}/there`, packToolkit())]
    const found = factsIn((await ended('env', words)).stdout)?.get('node') ?? ''
    assert.match(found, / v\d+/)
    assert.not.match(found, 'v20.14.0')
  }),
)

looking.run()
