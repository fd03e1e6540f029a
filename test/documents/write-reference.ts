import { writeFileSync } from 'node:fs'
import { referenceFile, settingsReference } from './settings-reference.ts'

writeFileSync(referenceFile, await settingsReference())
