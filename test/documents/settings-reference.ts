import { join } from 'node:path'
import {
  type CallExpression,
  Node,
  Project,
  type PropertyAssignment,
  type ShorthandPropertyAssignment,
  type SourceFile,
} from 'ts-morph'
import { bytes } from '../../lib/base/text.ts'

/** The reference of all settings, read from their schema and from the values that are really used. */

const root = join(import.meta.dirname, '..', '..')
export const referenceFile = join(root, 'environments', 'README.md')
const schemaFile = 'lib/environment/settings-schema.ts'

const introduction = `# Settings

Made by \`make reference\` from \`${schemaFile}\`, by which every file of this directory is checked when it is loaded, and from
the files themselves; a test compares. A file here is an environment: \`npx tsx scripts/deploy.ts -e <its name>\`. What
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
  const source = project.addSourceFileAtPath(join(root, schemaFile))
  const section = (title: string, name: string, values: Values): string => {
    const statement = source.getVariableStatementOrThrow(name)
    return `## ${title}\n\n${described(statement)}\n\n${table(settingsIn(source, name), values)}\n`
  }
  return [
    introduction,
    section('An environment', 'environment', { production, staging }),
    section('A secret', 'secret', {}),
    section('A smoke test', 'smokeTest', {}),
    section('Another route', 'route', {}),
    section('The TLS edge', 'edge', { shared }),
  ].join('\n')
}

async function settingsOf(name: string): Promise<unknown> {
  const file = (await import(join(root, 'environments', `${name}.ts`))) as { default: unknown }
  return file.default
}

type Values = Readonly<Record<string, unknown>>
type Property = PropertyAssignment | ShorthandPropertyAssignment

/** What a constant of the schema's file lists: the object in its `settings({…})`, or an object that is spread into one. */
const settingsIn = (source: SourceFile, name: string): Property[] =>
  propertiesOf(source.getVariableDeclarationOrThrow(name).getInitializerOrThrow())

function propertiesOf(node: Node): Property[] {
  const object = Node.isCallExpression(node) ? node.getArguments()[0] : node
  if (!Node.isObjectLiteralExpression(object)) return []
  return object.getProperties().flatMap(property => {
    if (Node.isPropertyAssignment(property) || Node.isShorthandPropertyAssignment(property)) return [property]
    if (!Node.isSpreadAssignment(property)) throw new Error(`not a setting: ${property.getText()}`)
    return settingsIn(property.getSourceFile(), property.getExpression().getText())
  })
}

function table(settings: readonly Property[], values: Values): string {
  const names = Object.keys(values)
  const rows = settings.flatMap(property => rowsOf(property, '', values))
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const head = names.length === 0 ? ['Setting', 'Expected', 'Meaning'] : ['Setting', ...names, 'Meaning']
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** A setting, and what is in it where that is settings again. */
function rowsOf(property: Property, prefix: string, values: Values): string[][] {
  const name = `${prefix}${property.getName()}`
  const form = Node.isPropertyAssignment(property) ? property.getInitializerOrThrow() : property.getNameNode()
  const meaning = described(property)
  if (meaning === '') throw new Error(`${name} says nothing about itself`)
  const own = Object.values(values).map(settings => member(settings, property.getName()))
  const optional = isCallOf(form, 'v.exactOptional')
  const title = `\`${name}${optional ? '?' : ''}\``
  const details = isCallOf(form, 'settings') ? propertiesOf(form) : []
  const group = details.some(detail => described(detail) !== '')
  const shownValues =
    own.length === 0 ? [escaped(expected(form))] : own.map(value => display(value, form.getText()))
  if (!group) return [[title, ...shownValues, meaning]]
  const inside = Object.fromEntries(Object.keys(values).map((key, at) => [key, own[at]]))
  return [
    [title, ...own.map(() => ''), meaning],
    ...details.flatMap(detail => rowsOf(detail, `${name}.`, inside)),
  ]
}

const isCallOf = (node: Node, name: string): node is CallExpression =>
  Node.isCallExpression(node) && node.getExpression().getText() === name

/** What a value has to be, in the schema's own words: the text in it that says so, wherever it was written. */
function expected(form: Node): string {
  if (Node.isStringLiteral(form)) return form.getLiteralValue()
  if (Node.isIdentifier(form))
    return expected(
      form.getSourceFile().getVariableDeclarationOrThrow(form.getText()).getInitializerOrThrow(),
    )
  if (!Node.isCallExpression(form)) throw new Error(`it does not say what is expected: ${form.getText()}`)
  const [first, second] = form.getArguments()
  const name = form.getExpression().getText()
  if (name === 'oneOf' && Node.isArrayLiteralExpression(first))
    return first.getElements().map(expected).join(' or ')
  if (name === 'v.array' && first) return `a list of: ${expected(first)}`
  if (name === 'v.record' && second) return `an object of: ${expected(second)}`
  const said = name === 'v.union' ? second : first
  if (!said) throw new Error(`it does not say what is expected: ${form.getText()}`)
  return expected(said)
}

const member = (settings: unknown, name: string): unknown => (settings as Values | undefined)?.[name]

/** The comment before it, in one line. */
function described(node: Node): string {
  const comment = node.getLeadingCommentRanges().at(-1)?.getText() ?? ''
  const lines = comment.replace(/^\/\*\*|\*\/$/g, '').split('\n')
  return escaped(
    lines
      .map(line => line.replace(/^\s*\* ?/, '').trim())
      .join(' ')
      .trim(),
  )
}

function display(value: unknown, form: string): string {
  if (value === undefined) return ''
  if (form === 'milliseconds') return period(Number(value))
  if (form === 'bytes') return bytes(Number(value))
  if (form === 'share') return `${Math.round(Number(value) * 100)} %`
  if (Array.isArray(value)) return value.map(item => display(item, form)).join(', ') || 'none'
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
