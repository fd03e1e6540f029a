/** What stands in an example where a secret belongs, with its words parted by `-`. */
const phrases = [
  /\bchange-?(this|me|it|in)\b/,
  /\breplace-?(this|me|it|with)\b/,
  /\b(insert|put|enter|add|set|paste|type)-(your|a|the|my|real|here)\b/,
  /^(your|my)-(.*-)?(secret|key|token|password|passwd|pass|value|jwt|api|here)\b/,
  /^your-/,
  /^your(password|passwd|secret|key|apikey|token|jwt)/,
  /\b(key|secret|token|password|value)-here$/,
  /^(example|sample|placeholder|dummy|fixme|todo|tbd|tba|none|null|undefined|empty)\b/,
  /^(super-?)?(secret|top-?secret)(-?(key|token|password|value))?$/,
  /^change-?(this|me)/,
  /\bx{4,}$/,
  /^x{3,}/,
]

/** The whole value is a word that everybody tries: no key and no password of anybody. */
const words =
  /^(pass(word|wd|wort)?|secret|postgres(ql)?|tracehub|admin|root|user|test|demo|default|letmein|welcome|qwerty|foo|bar)[-\d!]*$/

/**
 * Whether a value is what an example has, or somebody's "later", instead of a secret. It is one whatever it is for; how
 * hard a secret is to guess is another question: `weakness`.
 */
export function isPlaceholder(value: string): boolean {
  const text = value.trim().toLowerCase()
  if (/^[<{[(].*[>}\])]$/.test(text)) return true // <your-secret-key>, {{ secret }}
  if (/^[.…*?_-]+$/.test(text)) return true
  const plain = text.replaceAll(/[_\s.]+/g, '-')
  return words.test(plain) || phrases.some(phrase => phrase.test(plain))
}
