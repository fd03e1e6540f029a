/** How long the engine may take to answer what it knows without doing anything, in ms: one that takes longer hangs. */
export const question = { timeout: 60_000 } as const
