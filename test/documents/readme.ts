import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the README and the pages of `docs/` tell people to type. */

const root = join(import.meta.dirname, '..', '..')
/** In the order in which a new user reads them. */
export const pages = [
  'README.md',
  ...[
    ...[
      'install',
      'deploy',
      'rollback',
      'backup-restore',
      'secrets',
      'runbook',
      'tls-edge',
      'status-cleanup',
    ],
    ...[
      'migrations',
      'ci',
      'configuration',
      'comparison',
      'benchmarks',
      'architecture',
      'guarantees',
      'limits',
    ],
  ].map(name => `docs/${name}.md`),
]
export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')
export const readme = pages.map(textOf).join('\n')

/** Blocks of commands, each a list of lines without their comments; a line that ends in `\` goes on in the next. */
export function commandBlocks(text = readme): string[][] {
  return [...text.matchAll(/^( *)```\w*\n([\s\S]*?)^\1```$/gm)]
    .map(([, indent = '', body = '']) =>
      body
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .map(line => line.slice(indent.length).replace(/ {2,}#.*/, ''))
        .filter(line => line !== ''),
    )
    .filter(([first = '']) => /^(make|mkdir|export|npx|certbot) /.test(first))
}

/** Commands of ours that stand in the text or in a table, between backticks; without what is only meant as an example. */
export function inlineCommands(text = readme): string[] {
  const prose = text.replaceAll(/^( *)```\w*\n[\s\S]*?^\1```$/gm, '')
  const code = [...prose.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words)
  return [...new Set(code.filter(words => /^(npx tsx scripts\/|\.\/scripts\/\S+\.ts|make )/.test(words)))]
}
