import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Colour } from '../../../lib/environment/environment.ts'
import { colourIn, HAProxy } from '../../../lib/proxy/proxy.ts'
import { environmentIn, failureOf, inTemporary } from '../fixtures.ts'

const map = suite('proxy: the colour in a map')

const maps: [text: string, colour: Colour | null][] = [
  ['live blue\n', 'blue'],
  ['live green', 'green'],
  ['live none\n', null],
  ['', null],
  ['0x55d0c8a1f2b0 live green\n', 'green'], // as the socket shows it
  ['\n0x55d0c8a1f2b0 live blue\n\n', 'blue'],
  ['# comment\nlive blue\n', 'blue'],
  ['live bluegreen', null],
  ['live Blue', null],
  ['live blue\u0000', null],
  ['alive blue', null],
  ['next green\nlive blue', 'blue'],
]
for (const [text, colour] of maps)
  map(`${JSON.stringify(text)} is ${colour}`, () => assert.is(colourIn(text), colour))

map.run()

/** Something that answers on the proxy's socket, in a directory of its own. */
async function withSocket(
  answer: (command: string, directory: string) => string,
  act: (proxy: HAProxy, asked: string[], directory: string) => Promise<void>,
): Promise<void> {
  await inTemporary(async directory => {
    mkdirSync(join(directory, 'proxy', 'run'), { recursive: true })
    const asked: string[] = []
    const server: Server = createServer(socket => {
      socket.on('error', () => {})
      socket.on('data', data => {
        const command = data.toString().trim()
        asked.push(command)
        socket.end(answer(command, directory))
      })
    })
    await new Promise<void>(resolve =>
      server.listen(join(directory, 'proxy', 'run', 'admin.sock'), () => resolve()),
    )
    try {
      await act(new HAProxy(environmentIn(directory)), asked, directory)
    } finally {
      server.close()
    }
  })
}

const mapInside = '/usr/local/etc/haproxy/live.map'
const onDisk = (directory: string): string => readFileSync(join(directory, 'proxy', 'live.map'), 'utf8')

const socket = suite('proxy: the switch')

socket('the line is on disk before it is in force, and is read back', () => {
  let live = 'blue'
  const diskAtSwitch: string[] = []
  return withSocket(
    (command, directory) => {
      if (command.startsWith('set map')) {
        diskAtSwitch.push(onDisk(directory))
        live = command.split(' ').at(-1) ?? ''
      }
      return command.startsWith('show map') ? `0x1 live ${live}\n\n` : '\n'
    },
    async (proxy, asked, directory) => {
      await proxy.switchTo('green')
      assert.equal(asked, [`set map ${mapInside} live green`, `show map ${mapInside}`])
      assert.equal(diskAtSwitch, ['live green\n'])
      assert.is(onDisk(directory), 'live green\n')
      assert.is(proxy.mapOnDisk(), 'green')
      assert.is(await proxy.live(), 'green')
      await proxy.switchTo(null)
      assert.is(onDisk(directory), 'live none\n')
      assert.is(proxy.mapOnDisk(), null)
    },
  )
})

socket('users are moved back where no new file can be made, and the map on disk says so, too', () => {
  let live = 'green'
  return withSocket(
    command => {
      if (command.startsWith('set map')) live = command.split(' ').at(-1) ?? ''
      return command.startsWith('show map') ? `0x1 live ${live}\n\n` : '\n'
    },
    async (proxy, _, directory) => {
      writeFileSync(join(directory, 'proxy', 'live.map'), 'live green\n')
      mkdirSync(join(directory, 'proxy', 'live.map.partial', 'x'), { recursive: true }) // for root, too
      assert.is(await proxy.switchTo('blue').catch(() => 'failed'), 'failed')
      assert.is(live, 'green', 'forth, the file comes first')
      await proxy.switchBack('blue')
      assert.is(live, 'blue')
      assert.is(proxy.mapOnDisk(), 'blue')
    },
  )
})

socket(
  'users are moved back although the map on disk cannot be written at all, and that is not hidden',
  () => {
    let live = 'green'
    return withSocket(
      command => {
        if (command.startsWith('set map')) live = command.split(' ').at(-1) ?? ''
        return command.startsWith('show map') ? `0x1 live ${live}\n\n` : '\n'
      },
      async (proxy, _, directory) => {
        mkdirSync(join(directory, 'proxy', 'live.map.partial', 'x'), { recursive: true })
        // There is no file that could be overwritten.
        assert.is(await proxy.switchBack('blue').catch(() => 'failed'), 'failed')
        assert.is(live, 'blue')
      },
    )
  },
)

socket('a proxy that does not answer: the map on disk is moved back all the same', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'proxy', 'run'), { recursive: true })
    writeFileSync(join(directory, 'proxy', 'live.map'), 'live green\n')
    const proxy = new HAProxy(environmentIn(directory))
    await failureOf(() => proxy.switchBack('blue'))
    assert.is(proxy.mapOnDisk(), 'blue')
  }),
)

socket('a proxy that refuses is a failure, in its own words', () =>
  withSocket(
    command => (command.startsWith('set map') ? 'entry not found.\n' : '0x1 live blue\n'),
    async proxy => {
      const failure = await failureOf(() => proxy.switchTo('green'))
      assert.is(failure.what, 'the proxy did not switch to green: entry not found.')
    },
  ),
)

socket('a proxy that says nothing and does nothing is a failure, too', () =>
  withSocket(
    command => (command.startsWith('set map') ? '\n' : '0x1 live blue\n'),
    async proxy => {
      const failure = await failureOf(() => proxy.switchTo('green'))
      assert.is(failure.what, 'the proxy did not switch to green: it still says blue')
    },
  ),
)

socket('without a proxy nobody knows who is live; the map on disk says who will be', () =>
  inTemporary(async directory => {
    mkdirSync(join(directory, 'proxy', 'run'), { recursive: true })
    const proxy = new HAProxy(environmentIn(directory))
    assert.is(await proxy.live(), undefined)
    assert.is(proxy.mapOnDisk(), null)
    writeFileSync(join(directory, 'proxy', 'live.map'), 'live blue\n')
    assert.is(proxy.mapOnDisk(), 'blue')
    const failure = await failureOf(() => proxy.servers())
    assert.is(
      failure.what,
      `the proxy does not answer: connect ENOENT ${join(directory, 'proxy', 'run', 'admin.sock')}`,
    )
  }),
)

socket.run()

const counting = suite('proxy: what it counts')

const statistics = (open: number): string =>
  [
    '# pxname,svname,scur,stot,hrsp_5xx,req_tot,',
    'users-backend,FRONTEND,3,50,2,100,',
    'users-frontend,FRONTEND,4,20,1,40,',
    'preview-backend-blue,FRONTEND,9,9,9,9,',
    `backend-blue,BACKEND,${open},50,2,100,`,
    `frontend-blue,BACKEND,${open},20,1,40,`,
    'backend-green,BACKEND,5,0,0,0,',
    '',
  ].join('\n')

counting("users' requests are those on both public ports, and no others", () =>
  withSocket(
    () => statistics(0),
    async proxy => assert.equal(await proxy.users(), { requests: 140, errors: 3, open: 7 }),
  ),
)

counting('draining waits until no request to that colour is in flight', () => {
  let readings = 0
  const seen: number[] = []
  return withSocket(
    () => statistics(readings++ < 2 ? 1 : 0),
    async proxy => {
      assert.is(await proxy.drain('blue', open => seen.push(open), 5000), 0)
      assert.equal(seen, [2, 2])
    },
  )
})

counting('draining ends at its time, and says how many were still open', () =>
  withSocket(
    () => statistics(1),
    async proxy => assert.is(await proxy.drain('blue', () => {}, 50), 2),
  ),
)

counting("a colour's private entrance", () => {
  assert.equal(new HAProxy(environmentIn('/srv/x')).preview('backend', 'green', '/health'), {
    socket: '/srv/x/proxy/run/backend-green.sock',
    path: '/health',
    host: 'tracehub.example',
  })
})

counting.run()
