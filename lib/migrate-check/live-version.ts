import { attempt } from '../base/shell.ts'
import { readInImage } from '../docker/image-reading.ts'

/** Finds where the version that is still running uses a table's or a column's name: `file:line`, at most a few. */
export type LiveVersion = (name: string) => Promise<readonly string[]>

/**
 * The running version as git has it at `ref`. Migrations and tests are left out: they do not serve users. A name is
 * looked for as a whole word, so that a use is rather seen too often than missed.
 */
export function liveAt(backend: string, ref: string): LiveVersion {
  return async name => {
    const word = name.split('.').at(-1) ?? name
    const ran = await attempt(
      [
        'git',
        'grep',
        '-n',
        '-I',
        '-w',
        '-F',
        '-e',
        word,
        ref,
        '--',
        '.',
        ':(exclude)alembic',
        ':(exclude)**/versions/**',
        ':(exclude)test*',
        ':(exclude)*.md',
      ],
      { cwd: backend },
    )
    return ran.stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.replace(`${ref}:`, '').split(':').slice(0, 2).join(':'))
      .slice(0, 3)
  }
}

/**
 * The running version as its image has it: the files of its working directory. An image that cannot be searched is
 * said to use everything.
 */
export function liveInImage(image: string, signal: AbortSignal): LiveVersion {
  return async name => {
    const word = name.split('.').at(-1) ?? name
    const command = ['grep', '-r', '-n', '-I', '-w', '-F', '-m', '1', '-e', word, '.']
    const ran = await readInImage(image, command, { signal })
    if (ran.code !== 0 && ran.code !== 1) return [`${image}, which cannot be searched`]
    return ran.stdout
      .split('\n')
      .map(line => line.replace(/^\.\//, '').split(':').slice(0, 2).join(':'))
      .filter(place => place !== '' && !/^(alembic|tests?)\/|\/(versions|tests?)\/|\.(md|txt):/.test(place))
      .slice(0, 3)
  }
}
