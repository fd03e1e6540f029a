import { type Facts, type Known, valueIn } from './facts.ts'
import { findings } from './findings/all.ts'

/** The facts as a value for programs: what is not known is null, and `unknown` says why. */
export function factsAsJson(facts: Facts): Record<string, unknown> {
  const { environment, usage, containers, failingAddresses, ...rest } = facts
  const unknown: Record<string, string> = {}
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) {
    if (isAnswer(value) && !value.known) unknown[name] = value.why
    plain[name] = isAnswer(value) ? (valueIn<unknown>(value) ?? null) : (value ?? null)
  }
  if (!containers.known) unknown['containers'] = containers.why
  const usageOf = (id: string) => valueIn(usage)?.get(id) ?? null
  return {
    environment: environment.name,
    problems: findings(facts),
    ...plain,
    containers: valueIn(containers)?.map(one => ({ ...one, usage: usageOf(one.id) })) ?? null,
    failingAddresses: Object.fromEntries(failingAddresses),
    unknown,
  }
}

const isAnswer = (value: unknown): value is Known<unknown> =>
  typeof value === 'object' && value !== null && 'known' in value
