#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { appendFileSync } from 'node:fs'
import { UsageError } from '../lib/base/failure.ts'
import { commonOptions, value } from '../lib/base/options.ts'
import { redact } from '../lib/base/redact.ts'
import { run } from '../lib/base/shell.ts'
import { main } from '../lib/cli/main.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { githubOf } from '../lib/operations/github/api.ts'
import { demandMayDeploy, RefusedRun } from '../lib/operations/github/may-deploy.ts'
import { stepOutput } from '../lib/run/workflow-command.ts'

void main({
  name: 'may-deploy',
  summary:
    'Asks GitHub whether this run of a workflow may deploy: what it names has passed the gates, old does not\n' +
    'replace new, and where the environment asks a person, an approval is required there too.',
  options: {
    environment: commonOptions.environment,
    tag: value('<tag>', 'what a person has named; empty for a push'),
  },
  examples: [['npx tsx scripts/may-deploy.ts -e production', 'as deploy.yml does before it deploys']],
  exitCodes: '0 it may · 1 it may not, or GitHub refused · 2 wrong usage or configuration',
  run: async options => {
    const environment = await loadEnvironment(options.environment)
    const github = githubOf(process.env)
    const variable = (key: string): string => {
      const value = process.env[key]
      if (value) return value
      throw new UsageError(`${key} is not set`, 'this runs in a workflow, where GitHub sets it')
    }
    const [, workflow = ''] = /\/([^/@]+)@/.exec(variable('GITHUB_WORKFLOW_REF')) ?? []
    const reason = await demandMayDeploy(github, environment, {
      event: variable('GITHUB_EVENT_NAME'),
      ref: variable('GITHUB_REF'),
      commit: variable('GITHUB_SHA'),
      checkedOut: await run(['git', 'rev-parse', 'HEAD']),
      attempt: Number(variable('GITHUB_RUN_ATTEMPT')),
      number: Number(variable('GITHUB_RUN_NUMBER')),
      workflow,
      tag: options.tag ?? '',
    }).catch((error: unknown) => {
      const output = process.env['GITHUB_OUTPUT']
      if (output && error instanceof RefusedRun) appendFileSync(output, stepOutput('refused', 'this run'))
      throw error
    })
    process.stdout.write(`${redact(reason)}\n`)
    return 0
  },
})
