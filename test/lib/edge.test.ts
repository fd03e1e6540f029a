import { statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import shared from '../../environments/shared.ts'
import type { Edge } from '../../lib/environment/environment.ts'
import {
  edgeFiles,
  hasFiles,
  isWritten,
  makeEdgeDirectories,
  readState,
  shipComposeFile,
  writeFiles,
  writeState,
} from '../../lib/operations/edge/directory.ts'
import { domainsOf } from '../../lib/operations/edge/site.ts'
import { failureOf, inTemporary, withVariables } from './fixtures.ts'

const domains = [
  { environment: 'production', domain: 'tracehub.example', ports: { backend: 8000, frontend: 3000 } },
  { environment: 'staging', domain: 'staging.tracehub.example', ports: { backend: 8100, frontend: 3100 } },
]
const inDirectory = (act: (edge: Edge) => void): Promise<void> =>
  inTemporary(directory => {
    const edge: Edge = { ...shared, directory }
    makeEdgeDirectories(edge)
    return act(edge)
  })

const files = suite("edge: a slot's files")

files('every domain leads to the ports of its environment, and nowhere else', () => {
  const { 'sites.map': map, 'sites.cfg': backends } = edgeFiles(shared, domains)
  assert.is(map, 'tracehub.example production\nstaging.tracehub.example staging\n')
  assert.equal(backends?.match(/^ +server .+$/gm), [
    '    server app 127.0.0.1:8000',
    '    server app 127.0.0.1:3000',
    '    server app 127.0.0.1:8100',
    '    server app 127.0.0.1:3100',
  ])
  assert.match(backends ?? '', 'backend staging-frontend from edge\n    server app 127.0.0.1:3100')
})

files("a person's rules stand before ours, as they are", () => {
  const rule = "http-request deny if { path_reg ^/a$ } { hdr(x) -m str $& $' }"
  const text = edgeFiles({ ...shared, rules: [rule] }, domains)['haproxy.cfg'] ?? ''
  assert.ok(text.includes(`    # Rules of your own stand here.\n    ${rule}\n`))
})

files('a slot has them, or it has others', () =>
  inDirectory(edge => {
    const wanted = edgeFiles(edge, domains)
    writeFiles(edge, 'blue', wanted)
    assert.ok(hasFiles(edge, 'blue', wanted))
    assert.not(hasFiles(edge, 'green', wanted))
    assert.not(hasFiles(edge, 'blue', edgeFiles({ ...edge, rules: ['x'] }, domains)))
  }),
)

files('what is set in the settings or in the compose file is found out when it changes', () =>
  inDirectory(edge => {
    const state = {
      live: 'green',
      tag: edge.image,
      images: { blue: 'none', green: 'haproxy@sha256:1' },
    } as const
    assert.is(readState(edge), undefined)
    shipComposeFile(edge)
    writeState(edge, state)
    assert.equal(readState(edge), state)
    assert.ok(isWritten(edge, state))
    assert.not(isWritten({ ...edge, ports: { http: 81, https: 443 } }, state))
    assert.not(isWritten({ ...edge, hsts: 0 }, state))
  }),
)

files('the directory of the sockets is its owner’s alone', () =>
  inDirectory(edge => assert.is(statSync(join(edge.directory, 'edge', 'run')).mode & 0o777, 0o700)),
)

files('an environment that has no settings cannot be served', () =>
  withVariables({ TRACEHUB_OVERRIDE: undefined }, async () => {
    const { what } = await failureOf(() => domainsOf({ ...shared, environments: ['production', 'qa'] }))
    assert.is(what, 'there is no environment "qa"')
  }),
)

files.run()
