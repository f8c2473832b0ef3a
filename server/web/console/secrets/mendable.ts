import { CallRefused } from '../../../aws/act-as.ts'
import type { Reason } from '../../../base/refusal.ts'

export type Mendable = { problem: string; reason: Reason }

const mendable: readonly Reason[] = [
  'request.invalid',
  'entity.invalid',
  'entity.exists',
  'entity.changed',
  'entity.limit',
  'tags.invalid',
  'policy.malformed',
  'secret.publicPolicy',
]

/** What whoever typed it can mend is told beside what they typed. Any other refusal is a page of its own. */
export async function mendably<T extends object>(doing: Promise<T>): Promise<T | Mendable> {
  try {
    return await doing
  } catch (error) {
    if (!(error instanceof CallRefused) || !mendable.includes(error.reason)) throw error
    const { reason, message } = error
    return { problem: reason === 'tags.invalid' ? tagRules : sentenceOf(message), reason }
  }
}

export function isMendable(done: object): done is Mendable {
  return 'problem' in done && 'reason' in done
}

/** The wire's own words are about the tags of sessions. */
const tagRules =
  'At most 50 tags, each key once in whichever case. Keys have up to 128, values up to 256 letters, digits, blanks and any of _ . : / = + - @, and no key begins with aws: at all.'

/** Some of the wire's sentences end without a stop. */
function sentenceOf(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}
