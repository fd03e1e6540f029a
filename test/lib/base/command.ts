import type { Command } from '../../../lib/base/options.ts'

export const options = {
  environment: { type: 'value', short: 'e', value: '<name>', describe: 'which environment' },
  tag: { type: 'value', value: '<tag>', describe: 'which images' },
  kind: { type: 'value', short: 'k', value: '<a|b>', choices: ['a', 'b'], describe: 'what kind' },
  wait: { type: 'value', value: 'duration', bare: '15m', describe: 'how long to wait' },
  'dry-run': { type: 'flag', describe: 'change nothing' },
  yes: { type: 'flag', short: 'y', describe: 'do not ask' },
} as const

export const command: Command<typeof options> = {
  name: 'deploy',
  summary: 'Does it.',
  options,
  examples: [['npx tsx scripts/deploy.ts -e x', 'for example']],
  run: async () => 0,
}

/** The same with words. */
export const worded: Command<typeof options> = {
  ...command,
  words: [{ choices: ['check', 'rotate'] }, { choices: ['all'], optional: true }],
}

/** What to do about a wrong word. */
export const fix = 'npx tsx scripts/deploy.ts --help  lists the options'
