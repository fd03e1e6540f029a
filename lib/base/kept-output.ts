/**
 * What is kept of a stream that a command writes to: its end, at most `most` characters of it and one chunk more.
 * V8 has no string of more than 512 Mi characters, and a small machine has no memory for one half as long.
 */
export class KeptOutput extends Array<string> {
  readonly #most: number
  #characters = 0
  /** Whether something of it was let go. */
  isCut = false

  constructor(most: number) {
    super()
    this.#most = most
  }

  /** A chunk of the stream. Whoever collects the output calls this and nothing else that changes an array. */
  override push(...chunks: readonly string[]): number {
    for (const chunk of chunks) this.#characters += chunk.length
    super.push(...chunks)
    while (this.length > 1 && this.#characters - (this[0]?.length ?? 0) >= this.#most) {
      this.#characters -= this.shift()?.length ?? 0
      this.isCut = true
    }
    return this.length
  }
}

/** The longest line that is waited for: what draws no line break is handed on in pieces of this many characters. */
const longestLine = 64 * 1024

/** Splits a stream's text into lines that say something; `end` gives the last one, which nothing has ended. */
export function lineFollower(onLine: (line: string) => void) {
  let rest = ''
  const say = (line: string): void => {
    if (line.trim() !== '') onLine(line)
  }
  const end = (): void => {
    say(rest)
    rest = ''
  }
  const add = (text: string): void => {
    const lines = (rest + text).split(/\r\n|[\r\n]/)
    rest = lines.pop() ?? ''
    for (const line of lines) say(line)
    if (rest.length >= longestLine) end()
  }
  return { add, end }
}
