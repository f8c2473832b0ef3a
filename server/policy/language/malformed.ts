import { Refusal } from '../../base/refusal.ts'

/** A document that breaks the grammar; `message` says what is wrong and where, for whoever wrote it. */
export function malformed(message: string): Refusal {
  return new Refusal('policy.malformed', { said: { message } })
}
