import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { weakness } from '../../../../lib/deploy/secrets/check.ts'

const weak = suite('weakness: what could be guessed')

const cases: [value: string, why: string | undefined][] = [
  ['0f4c1d7be92a86530f1e2d3c4b5a6978', undefined],
  ['correct-horse-battery-staple', undefined],
  ['short-but-odd-9x', '16 characters; at least 20 are expected'],
  ['aaaaaaaaaaaaaaaaaaaaaaaa', 'only 1 different characters'],
  ['password123-tracehub-admin', 'made of words that everybody tries'],
  ['~<[}+,*|"=:/>(&{]^;!`-$_@%.?#)+<~{[|}=', undefined], // random, of symbols alone
  ['password!@#$%^&*()password', 'made of words that everybody tries'],
  ['admin-password-admin_test!', 'made of words that everybody tries'],
  ['kx93vq7mzp2kx93vq7mzp2', 'the same thing twice'],
]
for (const [value, why] of cases) weak(value, () => assert.is(weakness(value, 20), why))

weak.run()
