import { Failure } from '../base/failure.ts'
import { bytes } from '../base/text.ts'
import type { Connection } from './connect.ts'

export interface Upload {
  readonly source: string
  readonly temporary: string
  readonly target: string
  readonly mode: number
  readonly bytes: number
}

/** Small files at once: each costs four round trips. */
const filesAtOnce = 32
/** Requests under way for one file, 32 KiB each: with 100 ms a round trip, 64 of them carry 20 MiB/s. */
const concurrency = 64

/**
 * Uploads files: each under a temporary name, with its mode before there is anything in it, and then renamed; who
 * reads the target sees all of it or what was there before.
 * @throws Failure naming the file; what has arrived stays.
 */
export async function upload(
  connection: Connection,
  items: readonly Upload[],
  progress: (text: string) => void,
): Promise<void> {
  const sftp = await connection.files
  const total = items.reduce((sum, item) => sum + item.bytes, 0)
  let [sent, told] = [0, 0]
  const step = (_: number, more: number): void => {
    sent += more
    if (Date.now() - told < 100) return
    told = Date.now()
    progress(progressBar(sent, total))
  }
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item; item = queue.shift()) {
      const { source, temporary, target, mode } = item
      try {
        await sftp.fastPut(source, temporary, { mode, concurrency, chunkSize: 32_768, step })
        await sftp.posixRename(temporary, target)
      } catch (error) {
        queue.length = 0
        throw new Failure({
          what: `${source} could not be uploaded: ${error instanceof Error ? error.message : error}`,
          fix: 'start again: what has arrived need not travel again; if the disk there is full (df -h), make room first',
        })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(filesAtOnce, items.length) }, worker))
}

/** `[█████     ]  52 %  104.0 of 200.0 MiB`. */
export function progressBar(sent: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, sent / total)
  const filled = Math.floor(share * 20)
  return `[${'█'.repeat(filled)}${' '.repeat(20 - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %  ${bytes(sent)} of ${bytes(total)}`
}
