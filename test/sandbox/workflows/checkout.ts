import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from '../../../lib/base/shell.ts'

const toolkit = join(import.meta.dirname, '..', '..', '..')

/** Where the toolkit is in it: the workflows know the place by the variable TOOLKIT alone. */
export const toolkitsPlace = 'devops'

/** A repository as the workflows expect it: the toolkit in its place, and TraceHub's stand-in in `tracehub/`. */
export interface Checkout {
  readonly directory: string
  /** Changes a file, on a branch, and commits. @returns the commit. */
  change(file: string, edit: (text: string) => string): Promise<string>
  switchTo(branch: string, from?: string): Promise<void>
  commit(): Promise<string>
  git(...words: readonly string[]): Promise<string>
}

/** @param isWanted which of this project's files; unless told, those that belong to TraceHub's repository. */
export async function layCheckout(
  isWanted: (file: string) => boolean = isToolkits,
  place = toolkitsPlace,
): Promise<Checkout> {
  const directory = mkdtempSync(join(tmpdir(), 'tracehub-checkout-'))
  const git = (...words: readonly string[]): Promise<string> =>
    run(
      [
        'git',
        '-c',
        'user.name=Ada',
        '-c',
        'user.email=ada@tracehub.example',
        '-c',
        'core.hooksPath=',
        ...words,
      ],
      { cwd: directory },
    )
  const listed = await run(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: toolkit,
  })
  for (const file of listed.split('\n').filter(isWanted))
    copy(join(toolkit, file), join(directory, file.startsWith('.github/') ? '' : place, file))
  for (const part of ['backend', 'frontend'])
    cpSync(join(toolkit, 'test', 'sandbox', 'tracehub', part), join(directory, 'tracehub', part), {
      recursive: true,
      filter: file => !file.includes('__pycache__'),
    })
  cpSync(join(import.meta.dirname, 'application'), join(directory, 'tracehub'), { recursive: true })
  await git('init', '--quiet', '--initial-branch', 'main')
  const commit = async (): Promise<string> => {
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '--message', 'A change')
    return git('rev-parse', 'HEAD')
  }
  await commit()
  return {
    directory,
    git,
    commit,
    change: (file, edit) => {
      writeFileSync(join(directory, file), edit(readFileSync(join(directory, file), 'utf8')))
      return commit()
    },
    switchTo: async (branch, from) => {
      await git('checkout', '--quiet', ...(from ? ['-B', branch, from] : [branch]))
    },
  }
}

const isToolkits = (file: string): boolean =>
  /^(scripts|lib|environments|\.github)\//.test(file) ||
  /^(package(-lock)?\.json|\.npmrc|\.gitignore)$/.test(file)

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}
