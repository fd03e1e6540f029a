import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../../lib/base/failure.ts'
import { copyOfLive, whyOnCopy } from '../../../lib/deploy/pending-copy.ts'
import type { ScratchServer } from '../../../lib/migrate-check/scratch-server.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import type { NewEvent } from '../../../lib/run/events.ts'
import { Run } from '../../../lib/run/run.ts'
import { failureOf } from '../fixtures.ts'

const copy = suite('a deploy says why it needed a copy of the live schema')
const column = (name: string, before: string | null, after: string | null) => ({
  ...{ kind: 'column', name: `public.customers.${name}` },
  ...{ before, after },
})

copy('by what is not as the history makes it, the first of many', () => {
  const three = [column('a', null, 'text'), column('b', 'text', null), column('c', 'text', 'integer')]
  assert.match(
    whyOnCopy({ differences: three }),
    /: column public\.customers\.a is only live, column public\.customers\.b is not live, column public\.customers\.c is another one live$/,
  )
  const six = ['a', 'b', 'c', 'd', 'e', 'f'].map(name => column(name, null, 'text'))
  assert.match(whyOnCopy({ differences: six }), /\.d is only live, and 2 more differences$/)
})
copy('because the history makes none', () => {
  assert.match(whyOnCopy({ differences: null }), /: the migrations before it fail on an empty database/)
})

for (const [what, ran, why] of [
  ['is crowded', { stderr: 'FATAL:  sorry, too many clients already' }, 'too many clients'],
  ['has no table to itself', { stderr: 'ERROR:  canceling statement due to lock timeout' }, 'lock timeout'],
] as const)
  copy(`a live database that ${what} gives none: a warning, and the history is taken`, async () => {
    const events: NewEvent[] = []
    const site = {
      project: {
        environment: { database: {} },
        exec: () => ({ ok: false, code: 1, stdout: '', ...ran }),
        typed: () => '',
      },
      run: new Run({ write: event => void events.push(event) }),
    } as unknown as Site // all that it uses
    assert.is(await copyOfLive(site, {} as ScratchServer, 'id', 'a1'), undefined)
    const [event] = events
    assert.ok(event?.type === 'warning')
    assert.match(event.problem.what, /^what is pending is not tried on the live schema/)
    assert.match(`${event.problem.detail}`, why)
  })
copy('a run that is stopped meanwhile says so, and goes on with nothing', async () => {
  const run = new Run({ write: () => {} })
  const stop = new AbortController()
  stop.abort(new Failure({ what: 'stopped by SIGINT' }))
  Object.defineProperty(run, 'signal', { value: stop.signal })
  const exec = (): never => {
    throw stop.signal.reason
  }
  const site = { project: { environment: { database: {} }, exec }, run } as unknown as Site
  const { what } = await failureOf(() => copyOfLive(site, {} as ScratchServer, 'id', 'a1'))
  assert.is(what, 'stopped by SIGINT')
})
copy.run()
