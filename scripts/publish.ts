#!/bin/sh
':' //; root="$(dirname "$(readlink -f "$0")")/.."; exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$0" "$@"

import { appendFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeProblem, UsageError } from '../lib/base/failure.ts'
import { run } from '../lib/base/shell.ts'
import { columns } from '../lib/base/text.ts'
import { main } from '../lib/cli/main.ts'
import { parseDigests } from '../lib/docker/images.ts'
import { find, publish, tagPublished } from '../lib/docker/publish.ts'
import { type RegistryAccess, withRegistry } from '../lib/docker/registry.ts'
import { type Part, parts } from '../lib/environment/environment.ts'
import { type PinnedImage, pinned } from '../lib/environment/releases.ts'
import { environmentOfBranch } from '../lib/environment/settings.ts'
import { githubOf } from '../lib/operations/github/api.ts'
import { overtakenBy } from '../lib/operations/github/newest-commit.ts'
import { interruptSignal } from '../lib/run/stop-signals.ts'
import { annotation, harmless, stepOutput } from '../lib/run/workflow-command.ts'

const said = { built: 'built', known: 'the same sources were built before', given: 'as it was built' }

void main({
  name: 'publish',
  summary:
    'Builds the images of the commit that is checked out and pushes them, tagged with branch and commit.\n' +
    'Sources that were built before are not built again: their image gets the new tags. A run of a workflow that is\n' +
    "not the branch's newest leaves the branch's tag where it is.",
  options: {
    branch: {
      type: 'value',
      value: '<name>',
      describe: 'what the tags begin with, and who they are for (default: as checked out)',
    },
    rebuild: { type: 'flag', describe: 'build also what was built before: when a base image was fixed' },
    untagged: { type: 'flag', describe: 'give no tags yet: they are for what has passed tests and scan' },
    'backend-digest': {
      type: 'value',
      value: '<sha256:…>',
      describe: 'build nothing: give the tags to this image, which is in the registry',
    },
    'frontend-digest': { type: 'value', value: '<sha256:…>', describe: 'likewise; both or neither' },
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
    const digests = parseDigests(options['backend-digest'], options['frontend-digest'])
    if (digests && (options.untagged || options.rebuild))
      throw new UsageError('digests name what is tagged: there is nothing to build, and tags are meant')
    const branch = options.branch ?? (await run(['git', 'branch', '--show-current'], { cwd: checkout }))
    const environment = await environmentOfBranch(branch)
    const commit = await run(['git', 'rev-parse', 'HEAD'], { cwd: checkout })
    const tags = options.untagged ? [] : [`${branch}-${commit}`]
    const signal = interruptSignal()
    const say = (line: string): void => void (options.verbose && process.stdout.write(`${harmless(line)}\n`))
    const rows: string[][] = []
    const outputs = [stepOutput('tag', `${branch}-${commit}`)]
    const publishPart = async (access: RegistryAccess, part: Part): Promise<PinnedImage> => {
      const pushing = { access, signal, say }
      const building = { ...pushing, checkout, tags, rebuild: options.rebuild, labels: labelsOf(commit) }
      const { image, how } = digests
        ? { image: pinned(`${environment.images[part]}@${digests[part]}`), how: 'given' as const }
        : await publish(environment, part, building)
      if (digests) await tagPublished(image, tags, pushing)
      rows.push([part, said[how], image])
      outputs.push(stepOutput(`${part}-digest`, image.slice(image.indexOf('@') + 1)), stepOutput(part, image))
      return image
    }
    const mayMoveBranch = async (access: RegistryAccess): Promise<boolean> => {
      if (options.untagged) return false
      if (process.env['GITHUB_ACTIONS'] !== 'true') return true
      const isPublished = async (newest: string): Promise<boolean> => {
        for (const part of parts)
          if (!(await find(access, environment.images[part], `${branch}-${newest}`))) return false
        return true
      }
      const ours = { branch, commit }
      const problem = await overtakenBy(githubOf(process.env), process.env, ours, isPublished)
      const title = `the tag ${branch} stays where it is`
      if (problem) process.stdout.write(`${annotation('warning', { title }, describeProblem(problem))}\n`)
      return !problem
    }
    const publishAll = async (access: RegistryAccess): Promise<void> => {
      // Both parts' own tags come first: the branch's never name two commits, nor what has no other tag.
      const images: PinnedImage[] = []
      for (const part of parts) images.push(await publishPart(access, part))
      if (!(await mayMoveBranch(access))) return
      for (const image of images) await tagPublished(image, [branch], { access, signal, say })
      tags.push(branch)
    }
    await withRegistry(environment, publishAll, mkdtempSync(join(tmpdir(), 'tracehub-login-')))
    process.stdout.write(`${columns([...rows, ['tags', tags.join(' ') || 'none yet']])}\n`)
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
  return `${[`## Images ${tags.map(tag => `\`${tag}\``).join(', ') || 'to be tested'}`, '', '| | | |', '|---|---|---|', ...cells].join('\n')}\n\n`
}

function toGitHub(variable: 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY', text: string): void {
  const file = process.env[variable]
  if (file) appendFileSync(file, text)
}
