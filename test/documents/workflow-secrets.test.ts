import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withSecrets, workflowFile } from './workflow-secrets.ts'

const workflow = suite('the workflow that deploys')

workflow('hands on each secret that the settings name: make reference writes it', async () =>
  assert.fixture(readFileSync(workflowFile, 'utf8'), await withSecrets()),
)

workflow.run()
