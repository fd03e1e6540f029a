import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { directoryOf, url } from '../../harness.ts'
import { sql } from './database.ts'

const bytes = 24 * 1024
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

/** Documents that were uploaded and acknowledged, and what is to be true of them ever after. */
export class Documents {
  readonly #acknowledged = new Map<string, string>()

  /** Uploads one, as a user does. @returns what was wrong with the answer. */
  async upload(): Promise<string[]> {
    const content = randomBytes(bytes)
    const form = new FormData()
    form.set('file', new Blob([content]), 'proof.bin')
    const response = await fetch(`${url('production', 'frontend')}/api/documents/upload`, {
      method: 'POST',
      body: form,
      signal: AbortSignal.timeout(15_000),
    })
    if (response.status !== 201)
      return [`an upload was answered ${response.status}: ${await response.text()}`]
    const { stored_as: name } = (await response.json()) as { stored_as: string }
    this.#acknowledged.set(name, sha256(content))
    return []
  }

  async findings(): Promise<string[]> {
    const rows = new Map(
      (await sql('select stored_as, sha256 from documents')).map(row => row.split('|') as [string, string]),
    )
    return [...this.#acknowledged].flatMap(([name, hash]) => {
      if (rows.get(name) !== hash)
        return [`the row of the upload ${name} says ${rows.get(name)}, expected ${hash}`]
      return this.#onDisk(name) === hash ? [] : [`the file of the upload ${name} is not what was sent`]
    })
  }

  #onDisk(name: string): string | undefined {
    try {
      return sha256(readFileSync(join(directoryOf('production'), 'uploads', name)))
    } catch {
      return undefined
    }
  }
}
