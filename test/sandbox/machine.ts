import { run } from '../../lib/base/shell.ts'
import { dockerList } from './docker.ts'

/** All that a run could leave, a line each, without any of the toolkit's code; its own log and lock are left out. */
export async function machine(directory: string): Promise<string[]> {
  const find = `find . -path ./logs/runs -prune -o -path ./logs/incidents -prune -o -path './proxy/run/*' -prune -o ! -path ./logs ! -name .lock`
  const format = String.raw`-printf '%y %M %U %p %l\n'`
  const sums = `-type f ! -path './logs/*' -exec sha256sum {} + -exec stat --format '%Y %n' {} +`
  const files = await run(['bash', '-c', `${find} ${format}; ${find} ${sums}`], { cwd: directory })
  const lines = (kind: string, all: readonly string[]): string[] => all.map(line => `${kind} ${line}`)
  return [
    ...lines('file', files.split('\n')),
    ...lines(
      'container',
      await dockerList('ps', '-a', '--no-trunc', '--format', '{{.ID}}={{.Names}}={{.State}}'),
    ),
    ...lines('volume', await dockerList('volume', 'ls', '--quiet')),
    ...lines('network', await dockerList('network', 'ls', '--no-trunc', '--format', '{{.ID}}={{.Name}}')),
    ...lines('image', [...new Set(await dockerList('images', '--all', '--no-trunc', '--quiet'))]),
  ].sort()
}

/** The lines that are in one of them alone. */
export function differences(before: readonly string[], after: readonly string[]): string[] {
  const only = (some: readonly string[], others: readonly string[], sign: string): string[] =>
    some.filter(line => !others.includes(line)).map(line => `${sign} ${line}`)
  return [...only(before, after, '-'), ...only(after, before, '+')]
}
