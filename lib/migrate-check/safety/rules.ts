import type { Change, Step } from '../facts.ts'
import type { Level } from '../finding.ts'

export interface Rule {
  readonly id: string
  readonly level: Level
  readonly what: string
  readonly why: string
  readonly fix: string
  /** The name that the running version may use. */
  readonly name?: string
}

const contract = 'first release a version that no longer uses it, then remove it in the next one'

/** What a change of the catalog means for the version that runs beside it; undefined where it means nothing. */
export function ruleFor(change: Change, step: Step): Rule | undefined {
  const { table, column = '' } = change
  const breaks = 'The running version still uses it: its requests fail from the migration to the switch.'
  switch (change.change) {
    case 'table dropped':
      return {
        id: 'safe.drop-table',
        level: 'blocks',
        what: `drops the table ${table}`,
        why: breaks,
        fix: contract,
        name: table,
      }
    case 'table renamed':
      return {
        id: 'safe.rename-table',
        level: 'blocks',
        what: `renames the table ${table} to ${change.to}`,
        why: breaks,
        fix: 'make the new table or a view beside it, and remove the old name in a later release',
        name: table,
      }
    case 'column dropped':
      return {
        id: 'safe.drop-column',
        level: 'blocks',
        what: `drops the column ${table}.${column}`,
        why: breaks,
        fix: contract,
        name: column,
      }
    case 'column renamed':
      return {
        id: 'safe.rename-column',
        level: 'blocks',
        what: `renames the column ${table}.${column} to ${change.to}`,
        why: breaks,
        fix: 'add the new column, write both, move readers over, and drop the old one in a later release',
        name: column,
      }
    case 'table recreated':
      return {
        id: 'safe.recreate',
        level: 'blocks',
        what: `drops the table ${table} and makes it anew`,
        why: 'Every row in it is gone, and so is every grant.',
        fix: 'alter the table instead',
      }
    case 'column recreated':
      return {
        id: 'safe.recreate',
        level: 'blocks',
        what: `drops the column ${table}.${column} and makes it anew`,
        why: 'Every value in it is gone.',
        fix: 'alter its type with USING instead',
      }
    case 'view dropped':
    case 'materialized view dropped':
      return {
        id: 'safe.drop-view',
        level: 'blocks',
        what: `drops the ${change.change.replace(' dropped', '')} ${table}`,
        why: breaks,
        fix: contract,
        name: table,
      }
    case 'sequence dropped':
      return {
        id: 'safe.drop-sequence',
        level: 'blocks',
        what: `drops the sequence ${table}`,
        why: breaks,
        fix: contract,
        name: table,
      }
    case 'function dropped':
      return {
        id: 'safe.drop-function',
        level: 'blocks',
        what: `drops the function ${table}`,
        why: breaks,
        fix: contract,
        name: table.replace(/\(.*$/, ''),
      }
    case 'enum changed':
      return removedValues(change)
    case 'column added':
      return needsValue(change.to) ? required(change, 'adds') : undefined
    case 'column changed':
      return columnChanged(change, step)
    case 'table rewritten':
      return rewritten(change, step)
    default:
      return undefined
  }
}

const needsValue = (definition = ''): boolean =>
  /NOT NULL/.test(definition) && !/DEFAULT|IDENTITY|GENERATED/.test(definition)

function required({ table, column }: Change, verb: string): Rule {
  return {
    id: verb === 'adds' ? 'safe.required-column' : 'safe.becomes-required',
    level: 'blocks',
    what: `${verb} ${table}.${column} NOT NULL without a default`,
    why: 'The running version inserts rows without it: each such INSERT fails until the switch.',
    fix: 'give it a server_default, or leave it nullable until no running version omits it',
  }
}

function columnChanged(change: Change, step: Step): Rule | undefined {
  const { table, column, from = '', to = '' } = change
  if (needsValue(to) && !needsValue(from)) return required(change, 'makes')
  if (typeOf(from) === typeOf(to)) return undefined
  const isRewritten = (step.changes ?? []).some(
    other => other.change === 'table rewritten' && other.table === table,
  )
  if (!isRewritten) return undefined
  return {
    id: 'safe.type-change',
    level: 'blocks',
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
    level: 'blocks',
    what: `takes ${gone.join(', ')} out of the enum ${table}`,
    why: 'The running version still writes that value: those requests fail until the switch.',
    fix: contract,
  }
}

function rewritten({ table }: Change, step: Step): Rule | undefined {
  const others = (step.changes ?? []).filter(
    other => other.table === table && other.change !== 'table rewritten',
  )
  if (
    others.some(
      other => other.change === 'column changed' && typeOf(other.from ?? '') !== typeOf(other.to ?? ''),
    )
  )
    return undefined
  if (step.statements.some(({ sql }) => /^\s*truncate\b/i.test(sql)))
    return {
      id: 'safe.truncate',
      level: 'blocks',
      what: `empties the table ${table}`,
      why: 'Every row in it is gone, and a rollback does not bring them back.',
      fix: 'delete what is meant, by a condition',
    }
  return {
    id: 'safe.rewrite',
    level: 'blocks',
    what: `rewrites the table ${table}`,
    why: 'Nobody can read or write the table while every row is copied; a new type, or a default that is computed per row, does this.',
    fix: 'add a column beside it, and fill it in batches',
  }
}
