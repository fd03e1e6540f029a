import { join } from 'node:path'
import { readIfThere } from '../base/files.ts'

/** How the files begin that the toolkit writes, every earlier one of it included. */
const beginnings = ['# Written by the toolkit', '# Shipped by the toolkit', '# Made from .env.', 'live ']

const isOurs = (text: string): boolean => beginnings.some(beginning => text.startsWith(beginning))

/** An answer as HTTP has it bears no comment: it is ours where the configuration that names it is. */
const beside: Readonly<Record<string, string>> = { 'proxy/503.http': 'proxy/haproxy.cfg' }

/** What in a directory has one of these names, and was not written by the toolkit. */
export const foreignAmong = (directory: string, names: readonly string[]): string[] =>
  [...new Set(names)].filter(name => {
    const text = readIfThere(join(directory, name))
    const telling = beside[name] ? readIfThere(join(directory, beside[name])) : text
    return text !== undefined && text.trim() !== '' && !isOurs(telling ?? '')
  })

/** Compose files by any name: `docker-compose.prod.yml`, `compose.yaml`. */
export const isComposeFile = (name: string): boolean => /^(docker-)?compose([.-].*)?\.ya?ml$/.test(name)

/** Those that Compose reads without being told, instead of ours or with it (Compose's documentation, "-f"). */
export const readUnasked = ['docker-compose', 'compose'].flatMap(name =>
  ['', '.override'].flatMap(kind => ['yml', 'yaml'].map(end => `${name}${kind}.${end}`)),
)
