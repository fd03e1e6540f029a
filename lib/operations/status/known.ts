import { problemOf } from '../../base/failure.ts'

/** What was found out, or why it could not be: status has to work when things are broken. */
export type Known<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: string; readonly detail?: string | undefined }

/** Asks, and takes a failure for an answer. */
export async function ask<T>(question: () => Promise<T> | T): Promise<Known<T>> {
  try {
    return { known: true, value: await question() }
  } catch (error) {
    const { what, detail } = problemOf(error)
    return { known: false, why: what, detail }
  }
}

export const valueIn = <T>(answer: Known<T>): T | undefined => (answer.known ? answer.value : undefined)

/** How long any one question may take, in ms: whoever asks for the status is in a hurry. */
export const patience = 5000
