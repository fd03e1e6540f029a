import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readingCommand } from '../../../lib/docker/image-reading.ts'
import { ownerLabel } from '../../../lib/docker/owner.ts'

const reading = suite('reading an image')

reading("never runs the image's entrypoint, reaches nothing, and has a name and an owner", () => {
  assert.is(
    readingCommand('app@sha256:1', ['alembic', 'history', '-v'], 'a-name').join(' '),
    `docker run --rm --name a-name --label tracehub.migrate-check=${ownerLabel()} --network none --entrypoint alembic app@sha256:1 history -v`,
  )
})

reading.run()
