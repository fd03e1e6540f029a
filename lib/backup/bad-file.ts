import { basename } from 'node:path'
import { Failure } from '../base/failure.ts'

/** Why a file is no backup that one can restore. */
export const badFile = (
  file: string,
  why: string,
  fix = 'choose another one: backup.ts --list shows them',
): Failure => new Failure({ what: `${basename(file)} cannot be restored: ${why}`, detail: file, fix })
