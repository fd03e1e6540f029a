import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { drive } from '../../../lib/migrate-check/driver.ts'
import { failureOf } from '../fixtures.ts'

const driven = suite('driver: what the Python half does not say')

const drivenBy = (program: string, patience = 60_000) =>
  drive(
    { command: [process.execPath, '-e', program], env: {}, directory: null, url: '' },
    { id: 'x', config: 'alembic.ini', irreversible: 'none', scope: 'all' },
    {
      plan: () => ({ order: ['a1'], judged: null, irreversible: [] }),
      onFact: () => {},
      signal: new AbortController().signal,
      patience,
    },
  )
const begins = "console.log(JSON.stringify({ type: 'read' }))"

driven('one that is through has said all', async () => {
  const facts = await drivenBy(`${begins}; console.log(JSON.stringify({ type: 'done' }))`)
  assert.equal(facts, [{ type: 'read' }, { type: 'done' }])
})

driven(
  'what is printed as its Python starts is no fact, and is shown where it comes to nothing',
  async () => {
    const noise = 'console.log(\'Loading instrumentation…\\n42\\n{"level":"info"}\')'
    const facts = await drivenBy(`${noise}; ${begins}; console.log(JSON.stringify({ type: 'done' }))`)
    assert.equal(facts, [{ type: 'read' }, { type: 'done' }])
    const { detail } = await failureOf(() => drivenBy(`${noise}; process.exit(1)`))
    assert.match(`${detail}`, 'Loading instrumentation…\n42')
  },
)

driven('one that a migration has ended is no clean one, whatever its exit code', async () => {
  const { what, fix } = await failureOf(() => drivenBy(begins))
  assert.is(what, 'env.py or a migration ends the whole process, after the first revision')
  assert.match(`${fix}`, 'os._exit()')
})

driven('one that waits for ever is ended', async () => {
  const waits = `${begins}; process.stdin.resume(); process.stdin.on('end', () => process.exit(3))`
  const { what } = await failureOf(() => drivenBy(waits, 500))
  assert.match(what, 'the migrations show no progress: for 500 ms nothing has come after the first revision')
})

driven.run()
