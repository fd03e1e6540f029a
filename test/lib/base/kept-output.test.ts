import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KeptOutput, lineFollower } from '../../../lib/base/kept-output.ts'

const kept = suite("what is kept of a command's output")

const of = (most: number, ...chunks: readonly string[]): KeptOutput => {
  const output = new KeptOutput(most)
  for (const chunk of chunks) output.push(chunk)
  return output
}

kept('all of it, up to the bound', () => {
  const output = of(6, 'abc', 'def')
  assert.is(output.join(''), 'abcdef')
  assert.not(output.isCut)
})
kept('beyond the bound its end, at least as much as the bound', () => {
  const output = of(4, 'abc', 'def', 'ghi')
  assert.is(output.join(''), 'defghi')
  assert.ok(output.isCut)
})
kept('one chunk, however small the bound', () => assert.is(of(0, 'abc', '', 'def').join(''), 'def'))

kept.run()

const lines = suite("a command's output line by line")

const followed = (act: (follower: ReturnType<typeof lineFollower>) => void): string[] => {
  const said: string[] = []
  act(lineFollower(line => void said.push(line)))
  return said
}

lines('whole lines, and at the end the one that nothing has ended', () => {
  const said = followed(({ add, end }) => {
    for (const text of ['one\ntw', 'o\r\n', '\n10%\r20%', '\rlast']) add(text)
    end()
  })
  assert.equal(said, ['one', 'two', '10%', '20%', 'last'])
})
lines('a line without an end is handed on in pieces', () => {
  const said = followed(({ add }) => {
    for (let i = 0; i < 100; i += 1) add('x'.repeat(4096))
  })
  assert.ok(said.length > 5)
  assert.ok(said.every(piece => piece.length <= 128 * 1024))
})

lines.run()
