import { setTimeout as sleep } from 'node:timers/promises'

interface Watch {
  /** Waits until every address has answered with that version for half a second. @returns since when, by performance.now() */
  until(version: string): Promise<number>
  stop(): void
}

/** Asks addresses every 20 ms which version answers there. */
export function watchVersions(...addresses: readonly string[]): Watch {
  let over = false
  const since = addresses.map(() => ({ version: '', at: performance.now() }))
  for (const [i, address] of addresses.entries())
    void (async () => {
      while (!over) {
        const version = await versionAt(address)
        if (version !== since[i]?.version) since[i] = { version, at: performance.now() }
        await sleep(20)
      }
    })()
  return {
    async until(wanted) {
      const deadline = performance.now() + 120_000
      for (;;) {
        const at = Math.max(
          ...since.map(({ version, at }) => (version === wanted ? at : Number.POSITIVE_INFINITY)),
        )
        if (performance.now() - at > 500) return at
        if (performance.now() > deadline)
          throw new Error(`${wanted} does not answer at ${addresses.join(', ')}`)
        await sleep(20)
      }
    },
    stop() {
      over = true
    },
  }
}

/** Empty where nobody answers. */
async function versionAt(address: string): Promise<string> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(2000) })
    await answer.arrayBuffer()
    return answer.ok ? (answer.headers.get('x-version') ?? '') : ''
  } catch {
    return ''
  }
}
