import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  catalogsQuery,
  differences,
  type Found,
  parseContent,
  rowsQuery,
} from '../../../lib/backup/content.ts'

const output = [
  '{"sequence" : "public.ids", "at" : "41"}',
  '{"table" : "public.\\"odd\\nname\\"", "rows" : 2, "hash" : "-12"}',
  'pg_dump ended: 0',
  '{"schema" : "columns", "hash" : "2 abc"}',
  '{"sequence" : "public.ids", "at" : "43"}',
].join('\n')

const reading = suite('content: what psql printed')

reading('tables, the schema, and sequences before and after', () => {
  assert.equal(parseContent(output, true), {
    rows: { 'public."odd\nname"': 2 },
    content: {
      tables: { 'public."odd\nname"': '-12' },
      sequences: { 'public.ids': ['41', '43'] },
      schema: { columns: '2 abc' },
    },
  })
  assert.equal(parseContent(output, false), { rows: { 'public."odd\nname"': 2 }, content: undefined })
})

reading('what is the application’s is in the part for its owner, and none of it in the superuser’s', () => {
  assert.match(rowsQuery(true), "'select json_build_object(''table''")
  assert.match(rowsQuery(true), "'select json_build_object(''sequence''")
  assert.not.match(catalogsQuery(true), '\\gexec')
  assert.match(catalogsQuery(true), "set local search_path = ''")
  assert.not.match(rowsQuery(true), 'pg_largeobject')
})

reading.run()

const comparing = suite('content: what was restored against what was dumped')
const found = (
  changes: Partial<NonNullable<Found['content']>> = {},
  rows: Found['rows'] = { a: 1, b: 2 },
): Found => ({
  rows,
  content: {
    tables: { a: '1', b: '2' },
    sequences: { s: ['5', '9'] },
    schema: { columns: '3 x' },
    ...changes,
  },
})

comparing('equal content says nothing', () => {
  assert.equal(differences(found(), found({ sequences: { s: ['7', '7'] } })), [])
  assert.equal(
    differences({ rows: { a: 1 }, content: undefined }, { rows: { a: 1 }, content: undefined }),
    [],
  )
})

const different: [what: string, restored: Found, line: string][] = [
  ['fewer rows', found({}, { a: 1, b: 1 }), 'b has 1 rows instead of 2'],
  ['a table less', found({}, { a: 1 }), 'b was not restored'],
  ['another row', found({ tables: { a: '1', b: '3' } }), 'b has as many rows, but not the same'],
  ['a sequence behind', found({ sequences: { s: ['4', '4'] } }), 'sequence s stands at 4 instead of 5'],
  ['a sequence ahead', found({ sequences: { s: ['10', '10'] } }), 'sequence s stands at 10 instead of 5'],
  ['no sequence', found({ sequences: {} }), 'sequence s was not restored'],
  ['a column less', found({ schema: { columns: '2 y' } }), 'columns: 3 dumped, 2 restored, not the same'],
  ['a kind less', found({ schema: {} }), 'columns: 3 dumped, 0 restored, not the same'],
]
for (const [what, restored, line] of different)
  comparing(what, () => assert.equal(differences(found(), restored), [line]))

comparing('what was not counted, because the owner may not read it, says nothing', () => {
  const more = found({ sequences: { s: ['5', '9'], t: ['1', '1'] } }, { a: 1, b: 2, c: 0 })
  assert.equal(differences(found(), more), [])
})

comparing('a descending sequence goes down', () => {
  const down = found({ sequences: { s: ['-3', '-9'] } })
  assert.equal(differences(down, found({ sequences: { s: ['-5', '-5'] } })), [])
  assert.is(differences(down, found({ sequences: { s: ['-2', '-2'] } })).length, 1)
})

comparing('between major versions, definitions are counted: each server words them its own way', () => {
  const otherMajor = { sameMajor: false }
  assert.equal(differences(found(), found({ schema: { columns: '3 y' } }), otherMajor), [])
  assert.equal(differences(found(), found({ schema: { columns: '2 x' } }), otherMajor), [
    'columns: 3 dumped, 2 restored, not the same',
  ])
})

comparing.run()
