import type { Change, Step } from '../facts.ts'

/** A change that breaks the running version, or loses something. */
export interface Rule {
  readonly id: string
  readonly what: string
  readonly why: string
  readonly fix: string
  /** The name that the running version may use. */
  readonly name?: string
}

const contract = 'first release a version that no longer uses it, then remove it in the next one'

const used = (id: string, what: string, name: string): Rule => ({
  ...{ id: `safe.${id}`, what, name, fix: contract },
  why: 'The running version still uses it: its requests fail from the migration to the switch.',
})

/** What a change of the catalog means for the version that runs beside it; undefined where it means nothing. */
export const ruleFor = (change: Change, step: Step): Rule | undefined => rules[change.change]?.(change, step)

const rules: Readonly<Record<string, (change: Change, step: Step) => Rule | undefined>> = {
  'table dropped': ({ table }) => used('drop-table', `drops the table ${table}`, table),
  'table renamed': ({ table, to }) => ({
    ...used('rename-table', `renames the table ${table} to ${to}`, table),
    fix: 'make the new table or a view beside it, and remove the old name in a later release',
  }),
  'column dropped': ({ table, column = '' }) =>
    used('drop-column', `drops the column ${table}.${column}`, column),
  'column renamed': ({ table, column = '', to }) => ({
    ...used('rename-column', `renames the column ${table}.${column} to ${to}`, column),
    fix: 'add the new column, write both, move readers over, and drop the old one in a later release',
  }),
  'table recreated': ({ table }) => ({
    id: 'safe.recreate',
    what: `drops the table ${table} and makes it anew`,
    why: 'Every row in it is gone, and so is every grant.',
    fix: 'alter the table instead',
  }),
  'column recreated': ({ table, column = '' }) => ({
    id: 'safe.recreate',
    what: `drops the column ${table}.${column} and makes it anew`,
    why: 'Every value in it is gone.',
    fix: 'alter its type with USING instead',
  }),
  'view dropped': ({ table }) => used('drop-view', `drops the view ${table}`, table),
  'materialized view dropped': ({ table }) =>
    used('drop-view', `drops the materialized view ${table}`, table),
  'sequence dropped': ({ table }) => used('drop-sequence', `drops the sequence ${table}`, table),
  'function dropped': ({ table }) =>
    used('drop-function', `drops the function ${table}`, table.replace(/\(.*$/, '')),
  'enum changed': removedValues,
  'column added': change => (needsValue(change.to) ? required(change, 'adds') : undefined),
  'column changed': columnChanged,
  'table rewritten': rewritten,
}

const needsValue = (definition = ''): boolean =>
  /NOT NULL/.test(definition) && !/DEFAULT|IDENTITY|GENERATED/.test(definition)

function required({ table, column }: Change, verb: string): Rule {
  return {
    id: verb === 'adds' ? 'safe.required-column' : 'safe.becomes-required',
    what: `${verb} ${table}.${column} NOT NULL without a default`,
    why: 'The running version inserts rows without it: each such INSERT fails until the switch.',
    fix: 'give it a server_default, or leave it nullable until no running version omits it',
  }
}

function columnChanged(change: Change, step: Step): Rule | undefined {
  const { table, column, from = '', to = '' } = change
  if (needsValue(to) && !needsValue(from)) return required(change, 'makes')
  if (typeOf(from) === typeOf(to)) return undefined
  const { changes = [] } = step
  if (!changes.some(other => other.change === 'table rewritten' && other.table === table)) return undefined
  return {
    id: 'safe.type-change',
    what: `changes the type of ${table}.${column} from ${typeOf(from)} to ${typeOf(to)}, which rewrites the table`,
    why: 'Nobody can read or write the table while every row is copied, and the running version expects the old type.',
    fix: 'add a column of the new type, fill it in batches, switch over, and drop the old one in a later release',
  }
}

const typeOf = (definition: string): string =>
  definition.replace(/ (NOT NULL|DEFAULT|IDENTITY|GENERATED|COLLATE)\b.*$/, '')

function removedValues({ table, from = '', to = '' }: Change): Rule | undefined {
  const words = (text: string): string[] => text.match(/'(?:[^']|'')*'/g) ?? []
  const gone = words(from).filter(word => !words(to).includes(word))
  if (gone.length === 0) return undefined
  return {
    id: 'safe.enum-value-removed',
    what: `takes ${gone.join(', ')} out of the enum ${table}`,
    why: 'The running version still writes that value: those requests fail until the switch.',
    fix: contract,
  }
}

function rewritten({ table }: Change, step: Step): Rule | undefined {
  const others = (step.changes ?? []).filter(
    other => other.table === table && other.change !== 'table rewritten',
  )
  const isRetyped = ({ change, from = '', to = '' }: Change): boolean =>
    change === 'column changed' && typeOf(from) !== typeOf(to)
  if (others.some(isRetyped)) return undefined
  if (step.statements.some(({ sql }) => /^\s*truncate\b/i.test(sql)))
    return {
      id: 'safe.truncate',
      what: `empties the table ${table}`,
      why: 'Every row in it is gone, and a rollback does not bring them back.',
      fix: 'delete what is meant, by a condition',
    }
  return {
    id: 'safe.rewrite',
    what: `rewrites the table ${table}`,
    why: 'Nobody can read or write the table while every row is copied; a new type, or a default that is computed per row, does this.',
    fix: 'add a column beside it, and fill it in batches',
  }
}
