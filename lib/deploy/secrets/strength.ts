/** What people type when they are asked for a password, and what an attacker tries first. */
const common =
  /pass(word|wort)|secret|tracehub|vibotaj|admin|letmein|welcome|qwert|asdf|abc|123|postgres|demo|test|!@#\$%\^&\*\(?\)?/gi

/** Why a secret could be guessed; undefined when it could not. */
export function weakness(value: string, leastLength: number): string | undefined {
  if (value.length < leastLength) return `${value.length} characters; at least ${leastLength} are expected`
  const different = new Set(value).size
  if (different < 8) return `only ${different} different characters`
  const rest = value.replaceAll(common, '')
  const symbols = rest.match(/[^\p{L}\p{N}\s]/gu) ?? []
  const kinds = new Set(symbols).size // few between words, which they part
  const letters = rest.replaceAll(/[^\p{L}\p{N}]/gu, '').length
  if (letters + (kinds < 8 ? kinds : symbols.length) < leastLength / 2)
    return 'made of words that everybody tries'
  const isTwice = value === value.slice(0, value.length / 2).repeat(2)
  return isTwice ? 'the same thing twice' : undefined
}
