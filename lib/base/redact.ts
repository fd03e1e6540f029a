const secrets = new Set<string>()

/**
 * Registers a secret's value: from now on {@link redact} replaces it, also where it was URL-encoded,
 * Base64-encoded or quoted for JSON. Values of fewer than four characters are too common to replace.
 */
export function registerSecret(value: string): void {
  if (value.length < 4) return
  const json = JSON.stringify(value).slice(1, -1)
  for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString('base64'), json])
    secrets.add(form)
}

/** From now on none is known: for tests, which call one command after another. */
export const forgetSecrets = (): void => secrets.clear()

/** The text without the value of any registered secret. */
export function redact(text: string): string {
  let redacted = text
  // Longest first: a secret that contains another must not leave its ends behind.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    redacted = redacted.replaceAll(secret, '••••••')
  return redacted
}

/**
 * Redacts a text that comes in pieces: a secret that is cut in two is found, too. What may be the beginning of a
 * secret is held back until more has come.
 */
export class StreamRedactor {
  #held = ''

  /** @returns what can be shown now. */
  push(text: string): string {
    const all = this.#held + text
    const held = beginningOfSecret(all)
    this.#held = all.slice(all.length - held)
    return redact(all.slice(0, all.length - held))
  }

  /** @returns what was held back: nothing more comes. */
  flush(): string {
    const rest = redact(this.#held)
    this.#held = ''
    return rest
  }
}

/** How many characters at the end of a text may begin a secret. */
function beginningOfSecret(text: string): number {
  let longest = 0
  for (const secret of secrets)
    for (let length = Math.min(secret.length - 1, text.length); length > longest; length -= 1)
      if (text.endsWith(secret.slice(0, length))) longest = length
  return longest
}
