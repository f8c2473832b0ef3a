import type { Request } from 'express'
import type { AuditLog } from '../../audit/audit-log.ts'
import { refusedEvent } from '../../audit/refused-event.ts'
import type { ActAs, Acting } from '../../aws/act-as.ts'
import { CallRefused } from '../../aws/act-as.ts'
import { type Reason, Refusal } from '../../base/refusal.ts'
import { eventFacts } from '../../base/request-facts.ts'
import type { Session } from '../../base/session.ts'
import type { Gate } from '../../federation/gate.ts'
import { sessionNameFor } from '../../federation/session-name.ts'
import type { FactsOf } from '../../http/request-facts.ts'
import type { Store } from '../../store/open-store.ts'
import { changeSessionId, requirePerson } from '../session.ts'
import type { ConsoleNoticeCode } from './console-notices.ts'

declare module 'express-session' {
  interface SessionData {
    /**
     * The role session that somebody works as in the console: what is known of it, and nothing that would open anything
     * elsewhere. Its secret access key and session token were dropped when it was made.
     */
    console: RoleInConsole
  }
}

type RoleInConsole = { roleArn: string; session: Session }

export type ConsoleDeps = {
  store: Pick<Store, 'webSessions'>
  gate: Gate
  actAs: ActAs
  audit: Pick<AuditLog, 'record' | 'note'>
  factsOf: FactsOf
  log: { info(context: object, message: string): void }
}

/** One request of somebody who is in the console. */
export type Visit = {
  role: { name: string; arn: string }
  /** By which the audit log has them. */
  arn: string
  endsAtMs: number
  call: Acting['call']
  offers: Acting['offers']
}

/** A browser's session is no longer than that, and a role's is never less. */
const consoleSeconds = 3_600

/**
 * Takes a role for the console, as one takes it with credentials: the gate decides, and writes it down. The session id
 * changes, since more hangs by it from here on.
 *
 * @throws {Refusal} signIn.required | trust.denied | request.throttled | audit.unavailable
 */
export async function enterConsole(
  { gate, audit, factsOf, store }: ConsoleDeps,
  request: Request,
  role: string,
): Promise<void> {
  const identity = requirePerson(request)
  const asked = { name: sessionNameFor(identity), seconds: consoleSeconds }
  const facts = factsOf(request)
  // INVARIANT: the credentials end here. What is kept signs nothing, and is worth nothing to who reads it.
  const { roleArn, arn, session } = await gate.assumeRole(identity, role, asked, facts)
  const { issuer, subject } = identity
  await audit.record({
    ...eventFacts(facts),
    event: 'EnterConsole',
    decision: 'allowed',
    issuer,
    subject,
    callerArn: arn,
    callerAccessKeyId: session.accessKeyId,
    resource: roleArn,
  })
  await changeSessionId(request, store.webSessions)
  request.session.console = { roleArn, session }
}

/** A new id as well: a request that is still on the way must not write back what was left. */
export async function leaveConsole({ store }: ConsoleDeps, request: Request): Promise<void> {
  delete request.session.console
  await changeSessionId(request, store.webSessions)
}

/**
 * Asks at each request anew whether the role session lives and whether the role would still admit this person: in the
 * console nobody holds credentials that would have to be honoured until they end.
 *
 * @throws {Refusal} signIn.required | session.expired | session.ended | trust.denied
 */
export async function requireVisit(deps: ConsoleDeps, request: Request): Promise<Visit> {
  const identity = requirePerson(request)
  const { console: entered, expiresAtMs = 0 } = request.session
  if (entered === undefined) throw new Refusal('session.ended', { detail: 'nobody is in the console' })
  const { roleArn, session } = entered
  const facts = deps.factsOf(request)
  try {
    const { caller, call, offers } = await deps.actAs(session, facts)
    await deps.gate.requireAdmitted(identity, roleArn, session.name, facts)
    return {
      role: { name: roleArn.slice(roleArn.lastIndexOf('/') + 1), arn: roleArn },
      arn: caller.arn,
      endsAtMs: Math.min(session.expiresAtSeconds * 1000, expiresAtMs),
      call,
      offers,
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { issuer, subject } = identity
    error.concerning({ issuer, subject, callerAccessKeyId: session.accessKeyId, resource: roleArn })
    const { reason, detail, about } = error
    deps.log.info({ requestId: facts.requestId, reason, detail, ...about }, 'out of the console')
    if (noticeOfEnd(error) !== undefined) deps.audit.note(refusedEvent('Console', error, facts))
    throw error
  }
}

const ends: Partial<Record<Reason, ConsoleNoticeCode>> = {
  'session.expired': 'over',
  'session.ended': 'ended',
  'trust.denied': 'withdrawn',
}

/** A call may be what finds out, when the end comes in the middle of a page. */
export function noticeOfEnd(error: unknown): ConsoleNoticeCode | undefined {
  if (error instanceof CallRefused)
    return error.reason.startsWith('session.') ? ends[error.reason] : undefined
  return error instanceof Refusal ? ends[error.reason] : undefined
}
