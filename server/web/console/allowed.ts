import { CallRefused } from '../../aws/act-as.ts'
import { denialIn, sentenceOfDenial } from './refused-words.ts'

/** What is not allowed is left out of a page that has more to show, with a line in its place. */
export async function allowed<T extends object>(part: Promise<T>): Promise<T | { denied: string }> {
  try {
    return await part
  } catch (error) {
    const denial = error instanceof CallRefused ? denialIn(error) : undefined
    if (denial === undefined) throw error
    return { denied: sentenceOfDenial(denial) }
  }
}
