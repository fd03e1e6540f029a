/** Does several things at once and waits for all of them, also when one fails. @throws the first failure. */
export async function together<T extends readonly unknown[]>(
  acts: {
    readonly [K in keyof T]: () => Promise<T[K]>
  },
): Promise<T> {
  const settled = await Promise.allSettled(acts.map(act => act()))
  const values = settled.map(result => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
  return values as unknown as T // one value for each act, in their order
}
