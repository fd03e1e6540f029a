import { writeFileSync } from 'node:fs'
import { referenceFile, settingsReference } from './settings-reference.ts'

void settingsReference().then(text => writeFileSync(referenceFile, text))
