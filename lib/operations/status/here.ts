import type { Facts } from './facts.ts'
import { valueIn } from './known.ts'

/**
 * The environments of this machine, where none was named: a machine may have production alone. One whose directory is
 * gone while its containers are there is of this machine, too; and where nothing is here, everything is missing.
 */
export function here(all: readonly Facts[]): readonly Facts[] {
  const found = all.filter(facts => facts.isThere || (valueIn(facts.containers) ?? []).length > 0)
  return found.length > 0 ? found : all
}
