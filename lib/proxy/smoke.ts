import { Failure, problemOf } from '../base/failure.ts'
import { type Answer, type Asked, ask, type Target } from '../base/http.ts'
import { redact, registerSecret } from '../base/redact.ts'
import { lastLines, shown } from '../base/text.ts'
import type { Environment, SmokeTest } from '../environment/environment.ts'
import { readSecrets } from '../environment/secrets.ts'

/** What `{{NAME}}` in a test stands for. */
type Values = Readonly<Record<string, string>>

/**
 * Runs all smoke tests, each as soon as what it uses of other answers is there; a colour is fit for users when every one
 * is answered as described.
 * @param targetOf where a path of a part is asked
 * @throws Failure that lists every test that is not, with what came instead.
 */
export async function smokeTest(
  environment: Environment,
  targetOf: (test: Pick<SmokeTest, 'part' | 'path'>) => Target,
  who: string,
): Promise<void> {
  const tests = environment.smokeTests
  const isUsing = tests.some(test => namesIn(test).length > 0)
  const values: Record<string, string> = isUsing ? { ...readSecrets(environment).secrets } : {}
  const failed: string[] = []
  let left = tests
  while (left.length > 0) {
    const ready = left.filter(test => lackingOf(test, values) === undefined)
    if (ready.length === 0) {
      const why = (test: SmokeTest): string => `no answer and no variable gave {{${lackingOf(test, values)}}}`
      failed.push(...left.map(test => `${titleOf(test)}: ${why(test)}`))
      break
    }
    const outcomes = await Promise.all(
      ready.map(test => outcomeOf(test, values, targetOf, environment.timeouts.request)),
    )
    failed.push(...outcomes.flatMap(({ why }) => why ?? []))
    Object.assign(values, ...outcomes.map(({ kept }) => kept))
    left = left.filter(test => !ready.includes(test))
  }
  if (failed.length === 0) return
  throw new Failure({
    what: `${failed.length} of ${tests.length} smoke tests of ${who} failed`,
    detail: failed.join('\n'),
    fix: 'fix what these tests found, build again and deploy',
  })
}

/** Of these tests those that change nothing, and use nothing that the others keep. */
export function readingOnly(tests: readonly SmokeTest[]): readonly SmokeTest[] {
  const reads = (test: SmokeTest): boolean => /^(GET|HEAD|OPTIONS)$/.test(methodOf(test))
  const lost = new Set(tests.filter(test => !reads(test)).flatMap(({ keep = {} }) => Object.keys(keep)))
  let left = tests.filter(reads)
  for (;;) {
    const lacking = left.filter(test => namesIn(test).some(name => lost.has(name)))
    if (lacking.length === 0) return left
    for (const name of lacking.flatMap(({ keep = {} }) => Object.keys(keep))) lost.add(name)
    left = left.filter(test => !lacking.includes(test))
  }
}

interface Outcome {
  readonly why?: string
  readonly kept?: Values
}

async function outcomeOf(
  test: SmokeTest,
  values: Values,
  targetOf: (test: Pick<SmokeTest, 'part' | 'path'>) => Target,
  timeout: number,
): Promise<Outcome> {
  try {
    const target = targetOf({ part: test.part, path: filled(test.path, values, encodeURIComponent) })
    const answer = await ask(target, timeout, askedOf(test, values))
    const why = mismatch(test, answer)
    return why === undefined ? { kept: keptOf(test, answer) } : { why: `${titleOf(test)}: ${why}` }
  } catch (error) {
    return { why: `${titleOf(test)}: ${problemOf(error).what}` }
  }
}

/** Paths as the settings have them: values may be secrets. */
const titleOf = (test: SmokeTest): string => `${test.part} ${methodOf(test)} ${test.path}`
const methodOf = ({ method, body }: SmokeTest): string => method ?? (body === undefined ? 'GET' : 'POST')

const placeholder = /\{\{(\w+)\}\}/g

/** The names that a test uses. */
const namesIn = ({ path, headers, body }: SmokeTest): string[] =>
  [...JSON.stringify([path, headers, body]).matchAll(placeholder)].map(([, name = '']) => name)

const lackingOf = (test: SmokeTest, values: Values): string | undefined =>
  namesIn(test).find(name => !Object.hasOwn(values, name))

const filled = (text: string, values: Values, form = (value: string): string => value): string =>
  text.replace(placeholder, (_, name: string) => form(values[name] ?? ''))

/** What is sent for a test. */
export function askedOf(test: SmokeTest, values: Values): Asked {
  const { body, headers = {} } = test
  const inJson = (value: string): string => JSON.stringify(value).slice(1, -1)
  const isJson = typeof body === 'object'
  const text = isJson ? filled(JSON.stringify(body), values, inJson) : filled(body ?? '', values)
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), filled(value, values)])
  return {
    method: methodOf(test),
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...Object.fromEntries(given) },
    ...(body !== undefined && { body: text }),
  }
}

/** What a test keeps of an answer; it may let somebody in, and is shown to nobody. */
function keptOf({ keep = {} }: SmokeTest, { body }: Answer): Values {
  const kept = Object.entries(keep).map(([name, path]) => [name, `${memberOf(parsed(body), path)}`] as const)
  for (const [, value] of kept) if (value.length >= 16) registerSecret(value)
  return Object.fromEntries(kept)
}

/** How an answer differs from what a test expects, or undefined when it is right. */
export function mismatch(test: SmokeTest, answer: Answer): string | undefined {
  const found = `found ${answer.status}${saidBy(answer, test)}`
  const statuses = [test.status ?? 200].flat()
  if (!statuses.includes(answer.status)) return `expected status ${statuses.join(' or ')}, ${found}`
  if (test.contains !== undefined && !answer.body.includes(test.contains))
    return `expected ${shown(test.contains)} in the answer, ${found}`
  if (test.json === undefined && test.keep === undefined) return undefined
  const json = parsed(answer.body)
  if (json === undefined) return `expected a JSON object, ${found}`
  for (const [path, value] of Object.entries(test.json ?? {}))
    if (memberOf(json, path) !== value) return `expected ${path} to be ${JSON.stringify(value)}, ${found}`
  for (const [name, path] of Object.entries(test.keep ?? {}))
    if (!/^(string|number|boolean)$/.test(typeof memberOf(json, path)))
      return `expected ${path} to be kept as ${name}, ${found}`
  return undefined
}

/**
 * What an answer said. One from which something is kept may let somebody in, under whatever name: of that, names alone.
 * One that is refused does not, unless what is to be kept is there.
 */
function saidBy({ status, body }: Answer, { keep }: SmokeTest): string {
  const json = parsed(body)
  const isThere = Object.values(keep ?? {}).some(path => memberOf(json, path) !== undefined)
  if (keep === undefined || (status >= 400 && !isThere))
    return ` ${shown(lastLines(redact(body).slice(0, 500), 1))}`
  return json === undefined ? ', not shown' : ` with ${shown(Object.keys(json).join(', '))}`
}

/** A member of that very name, or one of a member's: `data.0.id`. */
function memberOf(json: unknown, path: string): unknown {
  if (typeof json !== 'object' || json === null) return undefined
  if (Object.hasOwn(json, path)) return (json as Record<string, unknown>)[path]
  const [first = '', ...rest] = path.split('.')
  if (rest.length === 0 || !Object.hasOwn(json, first)) return undefined
  return memberOf((json as Record<string, unknown>)[first], rest.join('.'))
}

/** The object or list that a text is in JSON; undefined where it is neither. */
function parsed(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined // not JSON: the caller says so
  }
}
