import type { Request } from 'express'
import { Refusal } from '../../base/refusal.ts'
import { eventFacts } from '../../base/request-facts.ts'
import type { Notice } from '../notices.ts'
import type { SignInDeps } from '../start-session.ts'

/** What is told on the form that was sent, and not on a page of its own. Anything else goes on. */
export function noticeOf(
  { log, audit, factsOf }: Pick<SignInDeps, 'log' | 'audit' | 'factsOf'>,
  request: Request,
  error: unknown,
  refused: string,
): Notice {
  if (!(error instanceof Refusal)) throw error
  const { reason, detail, said } = error
  const text = reason === 'password.refused' ? refused : told(error)
  if (text === undefined) throw error
  log.info({ requestId: factsOf(request).requestId, reason, detail }, 'refused on a form of own accounts')
  if (reason === 'password.refused')
    audit.note({ ...eventFacts(factsOf(request)), event: 'ManageAccount', decision: 'denied', reason })
  return { tone: 'problem', text: text === '' ? (said.message ?? '') : text }
}

function told({ reason, said }: Refusal): string | undefined {
  if (reason === 'password.violation' || reason === 'request.invalid') return said.message
  return undefined
}

export const refusedWords = {
  code: 'That code was refused: it is not right, was used, or is over. Look at the newest mail, or begin again.',
  factor: 'That code was refused. Each is good once; wait for the next one.',
  password: 'That password was refused. Nothing has changed.',
}
