import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quoted } from '../../../lib/base/command-text.ts'

const words = suite('command text: words')

words('as a person would type them', () => {
  const typed: [word: string, typed: string][] = [
    ['plain', 'plain'],
    ['a/b:c@d=e,f.g-h%i+j', 'a/b:c@d=e,f.g-h%i+j'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", `'it'\\''s'`],
    ['$(id)', "'$(id)'"],
    ['grüße', "'grüße'"],
  ]
  for (const [word, expected] of typed) assert.is(quoted(word), expected)
})

words.run()
