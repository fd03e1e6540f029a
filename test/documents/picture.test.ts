import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { svg } from './picture/svg.ts'
import { shown, textOf } from './picture/terminal.ts'

test('a line that was drawn again is what was drawn last, in its colours', async () => {
  const lines = await shown(
    '  - one 1 s\r\x1b[K  \x1b[32m✓\x1b[0m one \x1b[2m2 s\x1b[0m\r\ntwo\x1b[A\x1b[5G!',
    20,
  )
  assert.equal(lines.map(textOf).filter(Boolean), ['  ✓ !ne 2 s', 'two'])
  assert.equal(lines[0]?.slice(1, 2), [{ text: '✓', colour: 2, bold: false, dim: false }])
})

test('a picture is well-formed, whatever was printed, and each column stays where it is', async () => {
  const picture = svg(await shown('a < b && c > "d"\r\n\x1b[1;31m✗ x\x1b[0m', 30), 30, 'a & b')
  assert.match(picture, /<title>a &amp; b<\/title>/)
  assert.match(picture, />a &lt; b &amp;&amp; c &gt; "d" *<\/tspan>/)
  assert.match(picture, /<tspan x="16\.0" textLength="25\.3" fill="#ff7b72" font-weight="bold">✗ x<\/tspan>/)
})

test.run()
