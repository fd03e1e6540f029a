/** What can be wrong with a body that came completely. Each says so in words, or undefined. */
export type Complaint = string | undefined

/** A JSON object with (at least) these values. */
export function jsonWith(expected: Readonly<Record<string, unknown>>): (body: string) => Complaint {
  const fields = Object.entries(expected)
  return body => {
    const found = parsed(body)
    if (!found) return 'not a JSON object'
    const wrong = fields.find(([name, value]) => found[name] !== value)
    return wrong && `expected ${wrong[0]} to be ${JSON.stringify(wrong[1])}`
  }
}

/** `GET /api/version` must name the version that its own header names. */
export function ownVersion(body: string, version: string | undefined): Complaint {
  const found = parsed(body)
  if (!found) return 'not a JSON object'
  return found['version'] === version ? undefined : `expected the version of X-Version, ${version}`
}

export function wholePage(body: string): Complaint {
  return /<\/html>\s*$/i.test(body) ? undefined : 'expected a page that ends with </html>'
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
