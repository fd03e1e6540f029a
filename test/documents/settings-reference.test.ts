import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { referenceFile, settingsReference } from './settings-reference.ts'

const reference = suite('environments/README.md')

reference('says what the settings are: else make reference', async () => {
  assert.fixture(readFileSync(referenceFile, 'utf8'), await settingsReference())
})

reference.run()
