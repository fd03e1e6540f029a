import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { helpText } from '../../../lib/cli/help.ts'
import { command, worded } from '../base/command.ts'

const help = suite('help: what it says')

help(
  'names every option, with its value in <> where one is demanded and in [] where it may be left out',
  () => {
    assert.is(
      helpText(command),
      [
        'Does it.',
        '',
        'Usage: npx tsx scripts/deploy.ts [options]',
        '',
        '  -e, --environment <name>  which environment',
        '      --tag <tag>           which images',
        '  -k, --kind <a|b>          what kind',
        '      --wait [duration]     how long to wait',
        '      --dry-run             change nothing',
        '  -y, --yes                 do not ask',
        '  -h, --help                show this help',
        '',
        'Examples:',
        '  npx tsx scripts/deploy.ts -e x  for example',
        '',
        'Exit codes: 0 done · 1 failed, nothing changed · 2 wrong usage or configuration · 3 another run holds',
        'the lock · 4 failed and rolled back · 5 manual action required (the message says exactly what to run)',
        '',
      ].join('\n'),
    )
  },
)

help('names the words', () =>
  assert.match(helpText(worded), 'Usage: npx tsx scripts/deploy.ts <check|rotate> [all] [options]\n'),
)

help.run()
