import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readInImage, readingCommand, withAlembicsPython } from '../../../lib/docker/image-reading.ts'
import { applicationLimits, databaseLimits, ownerLabel } from '../../../lib/docker/throwaway.ts'
import { failureOf, inTemporary, withDocker } from '../fixtures.ts'

const reading = suite('reading an image')

reading("never runs the image's entrypoint, reaches nothing, and has a name and an owner", () => {
  assert.is(
    readingCommand('app@sha256:1', ['alembic', 'history', '-v'], 'a-name').join(' '),
    `docker run --rm --name a-name --label tracehub.migrate-check=${ownerLabel()} ${applicationLimits.join(' ')} --network none --entrypoint alembic app@sha256:1 history -v`,
  )
})

reading('has settings by their names alone: their values would be in the process list', () => {
  const command = readingCommand('app@sha256:1', ['alembic'], 'a-name', ['JWT_SECRET'])
  assert.match(command.join(' '), '--env JWT_SECRET --network none --entrypoint alembic app@sha256:1')
})

reading('one that hangs says how to see what it waits for', () =>
  withDocker('test "$1" != run || exec sleep 600', async () => {
    const { what, fix } = await failureOf(() => readInImage('app', ['alembic', 'history'], { timeout: 300 }))
    assert.match(what, 'did not finish within 300 ms')
    assert.match(
      `${fix}`,
      /free -m, uptime.*\ndocker run --rm --network none --entrypoint alembic app history$/,
    )
  }),
)

reading('a program runs in the Python of alembic, also where a shell is what its first line names', () =>
  inTemporary(directory => {
    const bin = join(directory, 'bin')
    const own = join(directory, 'own venv')
    const other = join(directory, 'other')
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text, { mode: 0o755 })
    }
    // Not the machine's own directories: there may be an alembic in them.
    const tools = join(directory, 'tools')
    mkdirSync(tools)
    for (const tool of ['sh', 'sed', 'readlink', 'env'])
      symlinkSync(
        execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
        join(tools, tool),
      )
    for (const place of [own, other]) write(join(place, 'python3'), `#!/bin/sh\necho "${place}" "$@"\n`)
    const [program = '', ...words] = withAlembicsPython('import x')
    const ran = (): string =>
      execFileSync(join(tools, program), [...words, 'y'], {
        env: { PATH: `${bin}:${other}:${tools}` },
        encoding: 'utf8',
      }).trim()
    assert.is(ran(), `${other} -c import x y`, 'there is no alembic')
    write(join(own, 'alembic'), `#!/bin/sh\n'''exec' "${own}/python3" "$0" "$@"\n' '''\n`)
    mkdirSync(bin)
    symlinkSync(join(own, 'alembic'), join(bin, 'alembic'))
    assert.is(ran(), `${own} -c import x y`)
    write(join(own, 'alembic'), '#!/usr/bin/env python3\n')
    assert.is(ran(), `${other} -c import x y`)
  }),
)

reading(
  'what runs for one run may do no more than what is live, and goes first where memory runs out',
  () => {
    const common =
      '--security-opt no-new-privileges --oom-score-adj 500 --log-driver json-file --log-opt max-size=10m --log-opt max-file=1'
    assert.is(
      applicationLimits.join(' '),
      `${common} --cap-drop AUDIT_WRITE --cap-drop MKNOD --cap-drop NET_RAW --cap-drop SETFCAP --cap-drop SETPCAP --cap-drop SYS_CHROOT --pids-limit 2048 --memory 1g`,
    )
    assert.is(
      databaseLimits.join(' '),
      `${common} --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER --cap-add KILL --cap-add SETGID --cap-add SETUID --pids-limit 4096 --memory 4g`,
    )
  },
)

reading.run()
