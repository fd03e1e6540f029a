import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { roomOf } from '../../../../lib/operations/cleanup/room.ts'
import { withDocker } from '../../fixtures.ts'

const room = suite('cleanup: what Docker says of its room')

room('a size that is none is not repeated', () => {
  const rows = [
    { Type: 'Images', Size: '1.146GB', Reclaimable: '-3.9e+08B (-34%)' },
    { Type: 'Containers', Size: '12.3kB', Reclaimable: '0B (0%)' },
    { Type: 'Local Volumes', Size: '48.5MB', Reclaimable: '48.5MB (100%)' },
    { Type: 'Build Cache', Size: '3.01MB', Reclaimable: '3.01MB' },
  ]
  const script = `[ "$1" = system ] && printf '%s\\n' ${rows.map(row => `'${JSON.stringify(row)}'`).join(' ')}`
  return withDocker(script, async directory => {
    const said = [...(await roomOf(directory))].filter(([name]) => name.startsWith('docker '))
    assert.equal(said, [
      ['docker images', '1.146GB'],
      ['docker containers', '12.3kB, 0B (0%) not in use'],
      ['docker local volumes', '48.5MB, 48.5MB (100%) not in use'],
      ['docker build cache', '3.01MB, 3.01MB not in use'],
    ])
  })
})

room.run()
