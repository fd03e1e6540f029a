#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { appendFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../lib/cli.ts'
import { type Part, parts } from '../lib/environment.ts'
import { interruptSignal } from '../lib/interrupt.ts'
import { publish } from '../lib/publish.ts'
import { withRegistry } from '../lib/registry.ts'
import { environmentOfBranch } from '../lib/settings.ts'
import { run } from '../lib/shell.ts'
import { stepOutput } from '../lib/step-output.ts'
import { columns, printable } from '../lib/text.ts'

await main({
  name: 'publish',
  summary:
    'Builds the images of the commit that is checked out and pushes them, tagged with branch and commit.\n' +
    'Sources that were built before are not built again: their image gets the new tags.',
  options: {
    branch: {
      type: 'value',
      value: '<name>',
      describe: 'what the tags begin with, and whose environment they are for (default: as checked out)',
    },
    rebuild: { type: 'flag', describe: 'build also what was built before: when a base image was mended' },
    verbose: { type: 'flag', short: 'v', describe: 'show what docker build prints' },
  },
  examples: [
    [
      'npx tsx scripts/publish.ts --branch develop',
      'develop and develop-<commit>, to be deployed to staging',
    ],
    [
      'npx tsx scripts/publish.ts --branch main --rebuild',
      'main and main-<commit>, on the newest base images',
    ],
  ],
  exitCodes: '0 both are in the registry · 1 failed · 2 wrong usage or configuration',
  run: async options => {
    const checkout = process.cwd()
    const branch = options.branch ?? (await run(['git', 'branch', '--show-current'], { cwd: checkout }))
    const environment = await environmentOfBranch(branch)
    const commit = await run(['git', 'rev-parse', 'HEAD'], { cwd: checkout })
    const tags = [branch, `${branch}-${commit}`]
    const signal = interruptSignal()
    const rows: string[][] = []
    const outputs = [stepOutput('tag', `${branch}-${commit}`)]
    const publishPart = async (access: readonly string[], part: Part): Promise<void> => {
      const { image, how } = await publish(environment, access, part, {
        ...{ checkout, tags, signal, rebuild: options.rebuild },
        labels: labelsOf(commit),
        say: line => options.verbose && process.stdout.write(`${printable(line)}\n`),
      })
      rows.push([part, how === 'built' ? 'built' : 'the same sources were built before', image])
      outputs.push(stepOutput(`${part}-digest`, image.slice(image.indexOf('@') + 1)), stepOutput(part, image))
    }
    const login = mkdtempSync(join(tmpdir(), 'tracehub-login-'))
    await withRegistry(
      environment,
      async access => {
        for (const part of parts) await publishPart(access, part)
      },
      login,
    )
    process.stdout.write(`${columns([...rows, ['tags', tags.join(' ')]])}\n`)
    toGitHub('GITHUB_OUTPUT', outputs.join(''))
    toGitHub('GITHUB_STEP_SUMMARY', summaryOf(tags, rows))
    return 0
  },
})

/** What ties a package to its repository, in the standard's words (OCI image spec, annotations). */
function labelsOf(commit: string): Record<string, string> {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env
  return {
    'org.opencontainers.image.revision': commit,
    ...(server && repository && { 'org.opencontainers.image.source': `${server}/${repository}` }),
  }
}

function summaryOf(tags: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map(([part, how, image]) => `| ${part} | ${how} | \`${image}\` |`)
  return `${[`## Images ${tags.map(tag => `\`${tag}\``).join(', ')}`, '', '| | | |', '|---|---|---|', ...cells].join('\n')}\n\n`
}

function toGitHub(variable: 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY', text: string): void {
  const file = process.env[variable]
  if (file) appendFileSync(file, text)
}
