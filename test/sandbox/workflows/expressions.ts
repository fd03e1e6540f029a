import { join } from 'node:path'
import type { data as Data } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'
import { root } from '../../../lib/remote/toolkit.ts'

/** Its package lets nobody `require` it by its name. */
const library = join(root, 'node_modules', '@actions', 'expressions', 'dist', 'index.js')
const { data, Evaluator, Lexer, Parser } = require(library) as typeof import('@actions/expressions')

/** What `${{ … }}` can see, in GitHub's names: `github`, `needs`, `secrets` … and how the job stands. */
export interface Contexts {
  readonly values: Readonly<Record<string, unknown>>
  readonly status: 'success' | 'failure' | 'cancelled'
}

const statusFunctions = ['success', 'failure', 'cancelled', 'always'] as const
const hasStatusFunction = /\b(success|failure|cancelled|always)\s*\(/

/** Evaluates one expression with GitHub's own evaluator. @throws Error for a context or function that is not there. */
function evaluate(expression: string, { values, status }: Contexts): Data.ExpressionData {
  const functions = statusFunctions.map(
    (name): FunctionDefinition => ({
      name,
      minArgs: 0,
      maxArgs: 0,
      call: () => new data.BooleanData(name === 'always' || name === status),
    }),
  )
  const { tokens } = new Lexer(expression).lex()
  const parsed = new Parser(tokens, Object.keys(values), functions).parse()
  const context = JSON.parse(JSON.stringify(values), data.reviver) as Data.Dictionary // an object comes out as one
  return new Evaluator(parsed, context, new Map(functions.map(each => [each.name, each]))).evaluate()
}

/** Text with every `${{ … }}` in it replaced by its value. */
export const interpolate = (text: string, contexts: Contexts): string =>
  text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression.trim(), contexts).coerceString(),
  )

/** A step's or a job's `if`; one that names no status asks for success as well. */
export function isTrue(condition: string | undefined, contexts: Contexts): boolean {
  if (condition === undefined) return contexts.status === 'success'
  const expression = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition)?.[1] ?? condition
  const asked = hasStatusFunction.test(expression) ? expression : `success() && (${expression})`
  return truthy(evaluate(asked.trim(), contexts))
}

/** GitHub Docs, "Evaluate expressions": false, 0, -0, '' and null are false. */
function truthy(value: Data.ExpressionData): boolean {
  if (value.kind === data.Kind.Boolean) return value.value
  if (value.kind === data.Kind.Number) return value.value !== 0 && !Number.isNaN(value.value)
  if (value.kind === data.Kind.String) return value.value !== ''
  return value.kind !== data.Kind.Null
}
