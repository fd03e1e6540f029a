/** Does several things at once and waits for all of them, also when one fails. @throws the first failure. */
export async function together<T extends readonly unknown[]>(
  acts: { readonly [K in keyof T]: () => Promise<T[K]> },
): Promise<T> {
  const running = acts.map(act => act())
  await Promise.allSettled(running)
  return (await Promise.all(running)) as unknown as T // one value for each act, in their order
}
