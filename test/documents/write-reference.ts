import { writeFileSync } from 'node:fs'
import { referenceFile, settingsReference } from './settings-reference.ts'
import { withSecrets, workflowFile } from './workflow-secrets.ts'

async function main(): Promise<void> {
  writeFileSync(workflowFile, await withSecrets())
  writeFileSync(referenceFile, await settingsReference())
}

void main()
