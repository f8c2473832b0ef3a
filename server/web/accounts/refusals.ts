import type { Request, Response } from 'express'
import { refusedEvent } from '../../audit/refused-event.ts'
import { Refusal, retryHeaders } from '../../base/refusal.ts'
import { eventFacts } from '../../base/request-facts.ts'
import { sentenceOf, webFaults } from '../faults.ts'
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

/** The same for forms that lead on: whoever tried too often finds the form again, and with it the way back to their app. */
export function refusedOnForm(
  deps: Pick<SignInDeps, 'log' | 'audit' | 'factsOf'>,
  request: Request,
  response: Response,
  error: unknown,
  { words, status }: { words: string; status: number },
): { notice: Notice; status: number } {
  if (!(error instanceof Refusal) || error.reason !== 'request.throttled')
    return { notice: noticeOf(deps, request, error, words), status }
  const { reason, detail, said } = error
  const facts = deps.factsOf(request)
  deps.log.info({ requestId: facts.requestId, reason, detail }, 'refused on a form of own accounts')
  deps.audit.note(refusedEvent('SignIn', error, facts))
  response.set(retryHeaders(error))
  return { notice: { tone: 'problem', text: sentenceOf(reason, said) }, status: webFaults[reason][0] }
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
