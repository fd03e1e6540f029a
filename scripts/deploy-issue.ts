#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { commonOptions } from '../lib/base/options.ts'
import { redact } from '../lib/base/redact.ts'
import { main } from '../lib/cli/main.ts'
import { loadEnvironment } from '../lib/environment/settings.ts'
import { githubOf } from '../lib/operations/github/api.ts'
import { keepIssue, lookAtJobs, readNeeds } from '../lib/operations/github/deploy-issue.ts'

void main({
  name: 'deploy-issue',
  summary:
    "Keeps the one issue about an environment's deploys: a failed one opens it or adds to it, a good one closes it.\n" +
    'For the last job of a workflow, which gives it toJSON(needs) as NEEDS.',
  options: { environment: commonOptions.environment },
  examples: [['npx tsx scripts/deploy-issue.ts -e staging', 'as deploy.yml does']],
  exitCodes: '0 done · 1 GitHub refused · 2 wrong usage or configuration',
  run: async options => {
    const { name } = await loadEnvironment(options.environment)
    const variable = (key: string): string => process.env[key] ?? ''
    const github = githubOf(process.env)
    const run = { id: variable('GITHUB_RUN_ID'), attempt: variable('GITHUB_RUN_ATTEMPT'), environment: name }
    const done = await keepIssue(github, {
      environment: name,
      ...readNeeds(variable('NEEDS')),
      ...(await lookAtJobs(github, run)),
      who: variable('GITHUB_ACTOR'),
      page: `${variable('GITHUB_SERVER_URL')}/${variable('GITHUB_REPOSITORY')}/actions/runs/${variable('GITHUB_RUN_ID')}`,
    })
    process.stdout.write(`${redact(done)}\n`)
    return 0
  },
})
