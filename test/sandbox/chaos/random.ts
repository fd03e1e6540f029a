/** Numbers that look random and are the same again for the same seed (mulberry32, Tommy Ettinger's). */
export class Random {
  #state: number

  constructor(seed: string) {
    this.#state = 2_166_136_261
    for (const character of seed) // FNV-1a: seeds that differ in one letter begin far from each other
      this.#state = Math.imul(this.#state ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.between(0, list.length - 1)]
    if (picked === undefined) throw new RangeError('there is nothing to pick from')
    return picked
  }

  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list]
    return list.flatMap(() => left.splice(this.between(0, left.length - 1), 1))
  }
}
