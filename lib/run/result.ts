/** The result of a run as rows of name and value. */
export type Result = readonly (readonly [name: string, value: string])[]
