import type { NextFunction, Request, Response } from 'express'
import type { AuditLog } from '../audit/audit-log.ts'
import { refusedEvent } from '../audit/refused-event.ts'
import { Refusal, retryHeaders } from '../base/refusal.ts'
import type { FactsOf } from '../http/request-facts.ts'
import { sentenceOf, webFaults } from './faults.ts'
import type { Pages } from './pages.ts'

export type FailureDeps = {
  pages: Pages
  audit: Pick<AuditLog, 'note'>
  factsOf: FactsOf
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

/** The one place where a page's failure becomes a page: a known no in words, a bug as nothing but its request id. */
export function createFailureHandler({ pages, audit, factsOf, log }: FailureDeps) {
  return async (error: unknown, request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (response.headersSent) return next(error)
    const facts = factsOf(request)
    const { requestId } = facts
    const person = request.session?.identity
    if (!(error instanceof Refusal)) {
      log.error({ requestId, err: error }, 'unexpected failure of a page')
      const message = 'Something went wrong on our side. Please try again.'
      return pages.render(
        response,
        'error',
        { title: 'Error', heading: 'That did not work', message, requestId, person },
        500,
      )
    }
    const { reason, detail, about, said } = error
    log.info({ requestId, reason, detail, ...about }, 'refused')
    // A page that is not there is no decision about anybody.
    if (reason !== 'entity.missing') audit.note(refusedEvent(eventOf(request), error, facts))
    const message = sentenceOf(reason, said)
    const heading = reason === 'entity.missing' ? 'Not found' : 'That did not work'
    if (reason === 'request.tooLarge' || reason === 'request.timedOut') response.set('connection', 'close')
    response.set(retryHeaders(error))
    await pages.render(
      response,
      'error',
      { title: heading, heading, message, requestId, person },
      webFaults[reason][0],
    )
  }
}

/** Of a closed list: the audit log's kinds must not be a stranger's to choose. */
function eventOf(request: Request): string {
  if (request.path === '/credentials' || request.path === '/console/enter') return 'AssumeRoleWithWebIdentity'
  if (request.path === '/account/unlink') return 'UnlinkWayIn'
  if (request.path.startsWith('/account/own')) return 'ManageAccount'
  if (request.path.startsWith('/account/')) return 'LinkWayIn'
  if (request.path.startsWith('/console')) return 'Console'
  return request.path.startsWith('/sign-in') ? 'SignIn' : 'Browse'
}
