/** Words that examples, and notes to oneself, are made of; no key and no password of anybody is made of them alone. */
const long =
  'pass|word|wd|wort|phrase|secret|key|token|string|value|text|credential|api|jwt|app|application|database|postgres|' +
  'postgresql|tracehub|admin|root|user|your|our|the|this|that|real|own|some|something|here|with|for|not|please|change|' +
  'replace|insert|put|enter|add|set|paste|type|use|fill|filled|generate|generated|create|make|random|long|strong|secure|' +
  'super|top|very|hard|before|after|deploy|deployment|production|prod|dev|development|staging|local|test|demo|example|' +
  'sample|dummy|placeholder|todo|tbd|tba|fixme|none|null|undefined|empty|default|goes|openssl|rand|hex|base|letmein|' +
  'welcome|qwerty|foo|bar'
/** The same, where they stand alone: in other words' letters, and in digits, they occur by chance. */
const short = 'a|an|as|at|be|by|db|do|in|it|me|my|na|or|to|n/a'

const madeOfWords = new RegExp(`^(${long})+s?\\d*!*$`)
const aside = new RegExp(`^(${short}|\\d+)$`)

/** What gives away an example, whatever else is in it, its words parted by `-`. */
const phrases = [
  /\bchange-?(this|me|it|in)\b/,
  /^change-?(this|me)/,
  /\breplace-?(this|me|it|with)\b/,
  /\b(insert|put|enter|add|set|paste|type)-(your|a|the|my|real|here)\b/,
  /^(your|my)-(.*-)?(secret|key|token|password|passwd|pass|value|jwt|api|here)\b/,
  /^your-/,
  /\b(key|secret|token|password|value)-here$/,
  /^(example|sample|placeholder|dummy|fixme|todo|tbd|tba|none|null|undefined|empty)\b/,
  /\bx{4,}$/,
  /^x{3,}/,
  /\b(min|minimum|at-least)-\d+-(bit|byte|char)/,
  /\b\d+-(bit|byte|char)[a-z]*-.*\b(key|secret|token|password)\b.*\bhere\b/,
  /^(redacted|masked|hidden|removed|censored)\b/,
]

/** Keys that stand in a documentation, and so in many a copy: FastAPI's tutorial on security, jwt.io's debugger. */
const published = [
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'a-string-secret-at-least-256-bits-long',
]

/** What was to be replaced by a program, and was not: `${NAME}`, `$(openssl …)`, `__NAME__`, `%NAME%`. */
const unfilled = /^(\$[({].*[)}]|`.*`|__.*__|%\w+%)$/

/**
 * Whether a value is what an example has, or somebody's "later", instead of a secret. It is one whatever it is for; how
 * hard a secret is to guess is another question: `weakness`.
 */
export function isPlaceholder(value: string): boolean {
  const text = value.trim().replace(/^[sp]k[-_](?:(?:live|test|proj)[-_])?(?=\D)/i, '') // what an API's keys begin with
  if (/^[<{[(].*[>}\])]$/.test(text)) return true // <your-secret-key>, {{ secret }}
  if (/^[.…*•?_-]+$/.test(text) || unfilled.test(text) || published.includes(text)) return true
  if (/^[A-Z]+(_[A-Z]+)*_(KEY|SECRET|TOKEN|PASSWORD)$/.test(text)) return true // the variable's own name
  const plain = text
    .slice(0, 200)
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[_\s.,-]+/g, '-')
  const parts = plain.split('-').filter(part => !aside.test(part))
  const isWords = parts.length > 0 && parts.every(part => madeOfWords.test(part))
  return isWords || phrases.some(phrase => phrase.test(plain))
}
