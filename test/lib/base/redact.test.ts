import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { redact, registerSecret, StreamRedactor } from '../../../lib/base/redact.ts'

// One set of secrets for the whole process, as in a run: each test brings its own.
const redacting = suite('redact')

redacting('an unknown text stays as it is', () =>
  assert.is(redact('nothing secret here'), 'nothing secret here'),
)

const secret = 'p@ss wörd/+"qüoted"\\'
const forms: [where: string, text: string][] = [
  ['plain', secret],
  ['in a URL', encodeURIComponent(secret)],
  ['in Base64', Buffer.from(secret).toString('base64')],
  ['in JSON', JSON.stringify(secret).slice(1, -1)],
]
for (const [where, text] of forms)
  redacting(`a secret is replaced ${where}, every time`, () => {
    registerSecret(secret)
    assert.is(redact(`before ${text} between ${text}.`), 'before •••••• between ••••••.')
  })

redacting('a secret of several lines is replaced whole', () => {
  registerSecret('-----KEY\nline-one\n')
  assert.is(redact('x -----KEY\nline-one\n y'), 'x •••••• y')
})

redacting('a secret that contains another leaves nothing of itself', () => {
  registerSecret('shortSecret')
  registerSecret('shortSecret-and-its-tail')
  registerSecret('head-of-shortSecret')
  assert.is(redact('shortSecret-and-its-tail, head-of-shortSecret, shortSecret'), '••••••, ••••••, ••••••')
})

redacting('what looks like a pattern is none', () => {
  registerSecret('.*$&[x]')
  assert.is(redact('a.*$&[x]b and anything'), 'a••••••b and anything')
})

redacting('fewer than four characters are too common to be replaced', () => {
  registerSecret('')
  registerSecret('xyz')
  assert.is(redact('xyz'), 'xyz')
  registerSecret('wxyz')
  assert.is(redact('wxyz'), '••••••')
})

redacting.run()

const streaming = suite('redact: a text that comes in pieces')

streaming('a secret is found wherever it is cut', () => {
  registerSecret('cutSecretValue')
  const text = 'before cutSecretValue between cutSecretValue.'
  for (let cut = 0; cut <= text.length; cut += 1) {
    const redactor = new StreamRedactor()
    const said = redactor.push(text.slice(0, cut)) + redactor.push(text.slice(cut)) + redactor.flush()
    assert.is(said, 'before •••••• between ••••••.')
  }
})

streaming('what only begins like one comes out in the end', () => {
  const redactor = new StreamRedactor()
  assert.is(redactor.push('x cutSec'), 'x ')
  assert.is(redactor.push('#'), 'cutSec#')
  redactor.push('cutS')
  assert.is(redactor.flush(), 'cutS')
})

streaming.run()
