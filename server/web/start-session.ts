import type { Request, Response } from 'express'
import type { AuditLog } from '../audit/audit-log.ts'
import { refusedEvent } from '../audit/refused-event.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { FactsOf } from '../http/request-facts.ts'
import type { Store } from '../store/open-store.ts'
import { failureNotice } from './notices.ts'
import { sessionLifetimeMs } from './session.ts'

/** What every way in ends with. */
export type SignInDeps = {
  store: Pick<Store, 'identities'>
  audit: Pick<AuditLog, 'record' | 'note'>
  factsOf: FactsOf
  clock: Clock
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

/** A new session id, whatever the browser came with: an id planted before the sign-in stays a stranger's. */
export async function startSession(
  deps: SignInDeps,
  request: Request,
  identity: FederatedIdentity,
): Promise<void> {
  const facts = deps.factsOf(request)
  await deps.store.identities.remember(identity, deps.clock())
  await deps.audit.record({
    atMs: facts.atMs,
    event: 'SignIn',
    decision: 'allowed',
    requestId: facts.requestId,
    sourceIp: facts.sourceIp,
    ...(facts.userAgent === undefined ? {} : { userAgent: facts.userAgent }),
    issuer: identity.issuer,
    subject: identity.subject,
  })
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(error => (error ? reject(error) : resolve()))
  })
  request.session.identity = identity
  request.session.signedInAtMs = deps.clock()
  const { sessionEndsAtSeconds: end = Number.POSITIVE_INFINITY } = identity
  request.session.expiresAtMs = Math.min(deps.clock() + sessionLifetimeMs, end * 1000)
}

/** Back to the sign-in page with a sentence of ours; what really happened is for the log. */
export function refuseSignIn(deps: SignInDeps, request: Request, response: Response, error: unknown): void {
  if (!(error instanceof Refusal)) throw error
  const facts = deps.factsOf(request)
  const { requestId } = facts
  const { reason, detail, about } = error
  deps.log.info({ requestId, reason, detail, ...about }, 'sign-in refused')
  deps.audit.note(refusedEvent('SignIn', error, facts))
  response.redirect(303, `/?notice=${failureNotice(reason)}&request=${requestId}`)
}
