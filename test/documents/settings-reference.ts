import { join } from 'node:path'
import { type InterfaceDeclaration, Node, Project, type PropertySignature, type TypeNode } from 'ts-morph'
import { bytes } from '../../lib/base/text.ts'

/** The reference of all settings, read from their types and from the values that are really used. */

const root = join(import.meta.dirname, '..', '..')
export const referenceFile = join(root, 'environments', 'README.md')

const introduction = `# Settings

Made by \`make reference\` from the types in \`lib/environment/environment.ts\`, \`lib/environment/edge.ts\` and \`lib/base/http.ts\`, and from the
files of this directory; a test compares. A file here is an environment: \`npx tsx scripts/deploy.ts -e <its name>\`. What
TraceHub's have in common is in \`_tracehub.ts\`; a \`?\` marks what may be left out. Times are milliseconds and sizes bytes
in the files, and shown here as people read them.
`

/** @returns the page, whole. @throws when a setting says nothing about itself. */
export async function settingsReference(): Promise<string> {
  delete process.env['GITHUB_REPOSITORY'] // it names the images
  const [production, staging, shared] = await Promise.all(['production', 'staging', 'shared'].map(settingsOf))
  const project = new Project({
    tsConfigFilePath: join(root, 'tsconfig.json'),
    skipAddingFilesFromTsConfig: true,
  })
  const declaration = (file: string, name: string): InterfaceDeclaration =>
    project.addSourceFileAtPath(join(root, file)).getInterfaceOrThrow(name)
  const section = (title: string, file: string, name: string, values: Values): string => {
    const found = declaration(file, name)
    return `## ${title}\n\n${described(found)}\n\n${table(found, values)}\n`
  }
  return [
    introduction,
    section('An environment', 'lib/environment/environment.ts', 'Environment', { production, staging }),
    section('A secret', 'lib/environment/environment.ts', 'Secret', {}),
    section('A smoke test', 'lib/environment/environment.ts', 'SmokeTest', {}),
    section('Another route', 'lib/base/http.ts', 'Route', {}),
    section('The TLS edge', 'lib/environment/edge.ts', 'Edge', { shared }),
  ].join('\n')
}

async function settingsOf(name: string): Promise<unknown> {
  const file = (await import(join(root, 'environments', `${name}.ts`))) as { default: unknown }
  return file.default
}

type Values = Readonly<Record<string, unknown>>

function table(settings: InterfaceDeclaration, values: Values): string {
  const names = Object.keys(values)
  const rows = settings.getProperties().flatMap(property => rowsOf(property, '', values))
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const head = names.length === 0 ? ['Setting', 'Type', 'Meaning'] : ['Setting', ...names, 'Meaning']
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** A setting, and what is in it where that is settings again. */
function rowsOf(property: PropertySignature, prefix: string, values: Values): string[][] {
  const name = `${prefix}${property.getName()}`
  const type = property.getTypeNodeOrThrow()
  const meaning = described(property)
  if (meaning === '') throw new Error(`${name} says nothing about itself`)
  const own = Object.values(values).map(settings => member(settings, property.getName()))
  const title = `\`${name}${property.hasQuestionToken() ? '?' : ''}\``
  const details = Node.isTypeLiteral(type) ? type.getProperties() : []
  const group = details.some(detail => described(detail) !== '')
  const shownValues =
    own.length === 0 ? [`\`${escaped(type.getText())}\``] : own.map(value => display(value, type))
  if (!group) return [[title, ...shownValues, meaning]]
  const inside = Object.fromEntries(Object.keys(values).map((key, at) => [key, own[at]]))
  return [
    [title, ...own.map(() => ''), meaning],
    ...details.flatMap(detail => rowsOf(detail, `${name}.`, inside)),
  ]
}

const member = (settings: unknown, name: string): unknown => (settings as Values | undefined)?.[name]

function described(node: PropertySignature | InterfaceDeclaration): string {
  const text = node.getJsDocs().map(doc => doc.getDescription().trim())
  return escaped(text.join(' ').replace(/\s*\n\s*/g, ' '))
}

function display(value: unknown, type: TypeNode): string {
  if (value === undefined) return ''
  if (type.getText() === 'Milliseconds') return period(Number(value))
  if (type.getText() === 'Bytes') return bytes(Number(value))
  if (type.getText() === 'Share') return `${Math.round(Number(value) * 100)} %`
  if (Array.isArray(value)) return value.map(item => display(item, type)).join(', ') || 'none'
  if (typeof value !== 'object' || value === null) return `\`${escaped(String(value))}\``
  if ('path' in value) return `\`${escaped(String(value.path))}\`` // a smoke test: its other members say how it is judged
  const entries = Object.entries(value)
  return entries.map(([key, inner]) => (typeof inner === 'object' ? key : `${key} \`${inner}\``)).join(', ')
}

/** Whole numbers of the largest unit: `30 days`, which `duration` would give in hours. */
function period(ms: number): string {
  for (const [unit, size] of [
    ['day', 86_400_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const)
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}${unit === 'day' && ms > size ? 's' : ''}`
  return `${ms} ms`
}

const escaped = (text: string): string => text.replaceAll('|', '\\|')
