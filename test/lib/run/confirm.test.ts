import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asksOrHasYes, asksSomebody } from '../../../lib/run/confirm.ts'

const terminal = { stdin: { isTTY: true }, stdout: { isTTY: true } }
const intoFile = { stdin: { isTTY: true }, stdout: {} }
const cron = { stdin: {}, stdout: {} }
const production = { name: 'production', confirm: true }
const staging = { name: 'staging', confirm: false }

const asking = suite('who is asked before something is taken away')

for (const [what, environment, yes, where, asks] of [
  ['production on a terminal', production, false, terminal, true],
  ['--yes on a terminal', production, true, terminal, false],
  ['--yes from cron', production, true, cron, false],
  ['staging on a terminal', staging, false, terminal, false],
  ['staging from cron', staging, false, cron, false],
] as const)
  asking(`${what}: ${asks ? 'a person' : 'nobody'}`, () => {
    assert.is(asksOrHasYes(environment, yes, where), asks)
    assert.is(asksSomebody(environment, yes, where), asks)
  })

for (const where of [intoFile, cron])
  asking('production without a terminal, or half of one: not without --yes', () => {
    assert.throws(() => asksOrHasYes(production, false, where), /no terminal to ask on: nothing was changed/)
    assert.is(asksSomebody(production, false, where), false) // a deploy, which loses nothing, goes on
  })

asking.run()
