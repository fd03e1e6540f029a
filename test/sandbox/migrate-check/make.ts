import { join } from 'node:path'
import { run } from '../../../lib/base/shell.ts'
import { ensureBaseImage } from '../base-image.ts'
import { buildBaseImages } from '../build-images.ts'
import { ensureEngine } from '../engine.ts'
import { print } from '../progress.ts'
import { images } from './corpus.ts'

/** Checks the stand-in's own history with the script itself, on images that it builds where they are missing. */
async function main(): Promise<void> {
  await ensureEngine(print)
  await ensureBaseImage(print)
  await buildBaseImages(print)
  const toolkit = join(import.meta.dirname, '..', '..', '..')
  const said = await run(
    [
      join(toolkit, 'scripts', 'migrate-check.ts'),
      ...['--backend', join(toolkit, 'test', 'sandbox', 'tracehub', 'backend')],
      ...['--image', images.python, '--postgres-image', images.postgres],
    ],
    { cwd: toolkit },
  )
  process.stdout.write(`${said}\n`)
}

void main()
