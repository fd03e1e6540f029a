import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toolkit } from '../lib/fixtures.ts'
import { commandBlocks, inlineCommands, pages, readme, textOf } from './readme.ts'
import { inText, ofOthers, typed } from './typed.ts'

const page = suite('README: what it names is there')

page('every script is explained', () => {
  for (const script of readdirSync(join(toolkit, 'scripts')))
    assert.ok(readme.includes(script), `${script} is nowhere in the README`)
})

page('every make target that it names', () => {
  const makefile = readFileSync(join(toolkit, 'Makefile'), 'utf8')
  const commands = [...commandBlocks().flat(), ...inlineCommands()]
  const targets = new Set(commands.flatMap(line => /^make ([a-z-]+)/.exec(line)?.[1] ?? []))
  assert.ok(targets.size > 5)
  for (const target of targets) assert.match(makefile, new RegExp(`^${target}:`, 'm'))
})

page('every test that holds a promise', () => {
  const rows = textOf('docs/guarantees.md').split('\n')
  const named = rows.flatMap(row =>
    [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(match => match[1] ?? ''),
  )
  const tests = named.filter(name => name !== 'test/sandbox/deploy/')
  assert.ok(tests.length > 20)
  for (const name of tests) {
    const files = [name, `test/sandbox/${name}`, `test/sandbox/deploy/${name}`]
    const isThere = files.some(file =>
      [`${file}.test.ts`, file].some(path => existsSync(join(toolkit, path))),
    )
    assert.ok(isThere, `${name} is no test`)
  }
})

page('every file that a link leads to', () => {
  for (const name of pages) {
    const links = [...textOf(name).matchAll(/\]\((?!http)([^)#]+)[^)]*\)/g)].map(match => match[1] ?? '')
    for (const link of links)
      assert.ok(existsSync(join(toolkit, dirname(name), link)), `${name}: ${link} is not there`)
  }
})

page('every page is in the index of the README, which fits on a page', () => {
  const index = textOf('README.md')
  assert.ok(index.split('\n').length <= 150)
  for (const name of readdirSync(join(toolkit, 'docs')).filter(file => file.endsWith('.md'))) {
    assert.ok(pages.includes(`docs/${name}`), `${name} is not read by this test`)
    assert.ok(index.includes(`](docs/${name})`), `${name} is not in the README`)
  }
})

page('the test that types its commands knows each of them, and no other', () => {
  const inBlocks = commandBlocks()
    .flat()
    .filter(line => !line.startsWith('export ') && !ofOthers.test(line))
  const inTextOnly = inlineCommands().filter(line => !(line in typed))
  onlyIn(inBlocks, typed)
  onlyIn(inTextOnly, inText)
})

/** A difference is said by its lines, as a diff of all would be cut in a long log. */
function onlyIn(said: readonly string[], known: Readonly<Record<string, unknown>>): void {
  const unknown = said.filter(line => !(line in known))
  const gone = Object.keys(known).filter(line => !said.includes(line))
  assert.equal({ unknown, gone }, { unknown: [], gone: [] })
}

page.run()
