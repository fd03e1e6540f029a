import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { changesBetween, madeItself } from '../../../../lib/deploy/rollout/bring-up.ts'

const boot = suite('what an application does to the schema when it starts')

const before = ['table public.users', 'column public.users.id integer not null', 'value public.role admin']

boot('nothing', () => assert.equal(changesBetween(before, before.toReversed()), []))
boot('a table is one change, whatever columns it brings', () => {
  const more = ['table public.labels', 'column public.labels.id integer', 'index public.labels_pkey']
  assert.equal(changesBetween(before, [...before, ...more]), [
    '+ index public.labels_pkey',
    '+ table public.labels',
  ])
})
boot('columns, types and values that come, go and change', () =>
  assert.equal(changesBetween(before, ['table public.users', 'column public.users.id bigint not null']), [
    '+ column public.users.id bigint not null',
    '- column public.users.id integer not null',
    '- value public.role admin',
  ]),
)
boot('it is said with the name of what does it, and never endlessly', () => {
  const many = Array.from({ length: 12 }, (_, i) => `+ table public.t${i}`)
  const { what, detail, fix } = madeItself('green', many)
  assert.is(what, 'the schema changed while green started: the application makes tables by itself')
  assert.match(detail ?? '', /t9\nand 2 more$/)
  assert.match(fix ?? '', /metadata\.create_all\(\)/)
})

boot.run()
