import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { AuditLog } from '../audit/audit-log.ts'
import { personArn } from '../base/arn.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { newId } from '../base/ids.ts'
import { type Reason, Refusal } from '../base/refusal.ts'
import { eventFacts } from '../base/request-facts.ts'
import type { FactsOf } from '../http/request-facts.ts'
import type { Store } from '../store/open-store.ts'
import type { WayIn } from '../store/people.ts'
import type { NoticeCode } from './notices.ts'

export type LinkDeps = {
  store: Pick<Store, 'identities' | 'people'>
  accountId: string
  audit: Pick<AuditLog, 'record' | 'note'>
  factsOf: FactsOf
  clock: Clock
  log: { info(context: object, message: string): void }
}

/** Who came back from their provider to be linked, until it is confirmed. */
export type PendingWay = {
  identity: FederatedIdentity
  /** Of the page that names both: what is confirmed is what was shown. */
  token: string
  untilMs: number
}

const confirmMs = 5 * 60_000

/** A SAML provider's transient NameID is another one at each sign-in: linked, it would be nobody's for ever. */
export function isTransient({ context }: FederatedIdentity): boolean {
  return context['saml:sub_type']?.includes('transient') === true
}

/**
 * Keeps somebody who was sent to be linked, for the page that asks whether to. Nothing is linked yet: the account that
 * the provider's page was open with need not be the one that was meant.
 *
 * @returns the page to go on to
 */
export async function receiveWay(
  deps: LinkDeps,
  request: Request,
  present: FederatedIdentity,
  came: FederatedIdentity,
): Promise<string> {
  const objection = await objectionTo(deps, present, came)
  if (objection === 'taken') note(deps, request, 'LinkWayIn', present, came, 'entity.exists')
  if (objection !== undefined) return `/account?notice=${objection}`
  const token = randomBytes(16).toString('base64url')
  request.session.pendingWay = { identity: came, token, untilMs: deps.clock() + confirmMs }
  return '/account/confirm'
}

async function objectionTo(
  { store: { people } }: LinkDeps,
  present: FederatedIdentity,
  came: FederatedIdentity,
): Promise<NoticeCode | undefined> {
  if (isTransient(came)) return 'transient'
  if (came.demo !== present.demo) return 'mixed'
  if (came.issuer === present.issuer && came.subject === present.subject) return 'same'
  const [mine, theirs] = [await people.find(present), await people.find(came)]
  if (theirs === undefined) return undefined
  return theirs.id === mine?.id ? 'linked-already' : 'taken'
}

/** @throws {Refusal} entity.exists | entity.limit | entity.changed | audit.unavailable */
export async function linkWay(
  deps: LinkDeps,
  request: Request,
  present: FederatedIdentity,
  added: FederatedIdentity,
): Promise<void> {
  const { people, identities } = deps.store
  const personId = (await people.find(present))?.id ?? newId('PERSON')
  // INVARIANT: nothing changes before this row is durable.
  await record(deps, request, 'LinkWayIn', { present, personId, way: added })
  await people.link({ personId, present, added }, deps.clock())
  await identities.remember(added, deps.clock())
}

/** What is told on the account's page, and not on one of its own. */
const told: Partial<Record<Reason, NoticeCode>> = {
  'entity.exists': 'taken',
  'entity.limit': 'full',
  'entity.inUse': 'last',
  'entity.changed': 'changed',
  'entity.missing': 'changed',
  'signIn.another': 'another',
}

/** Makes the change. Answers the page to go on to: that of `change`, or the account's, which says why not. */
export async function tellOutcome(
  deps: LinkDeps,
  request: Request,
  change: { event: WayEvent; identity: FederatedIdentity; way: Omit<WayIn, 'demo'>; page: string },
  make: () => Promise<void>,
): Promise<string> {
  const { event, identity, way, page } = change
  try {
    await make()
  } catch (error) {
    const notice = error instanceof Refusal ? told[error.reason] : undefined
    if (!(error instanceof Refusal) || notice === undefined) throw error
    deps.log.info({ requestId: deps.factsOf(request).requestId, reason: error.reason }, 'ways in unchanged')
    note(deps, request, event, identity, way, error.reason)
    return `/account?notice=${notice}`
  }
  return page
}

export type WayEvent = 'LinkWayIn' | 'UnlinkWayIn'

export function record(
  { audit, factsOf, accountId }: LinkDeps,
  request: Request,
  event: WayEvent,
  { present, personId, way }: { present: FederatedIdentity; personId: string; way: Omit<WayIn, 'demo'> },
): Promise<void> {
  return audit.record({
    ...eventFacts(factsOf(request)),
    event,
    decision: 'allowed',
    issuer: present.issuer,
    subject: present.subject,
    personId,
    resource: personArn(accountId, personId),
    detail: { way: { issuer: way.issuer, subject: way.subject } },
  })
}

/** A refusal that is told as a notice, and not as a page of its own. */
export function note(
  { audit, factsOf }: Pick<LinkDeps, 'audit' | 'factsOf'>,
  request: Request,
  event: WayEvent,
  present: FederatedIdentity,
  way: Omit<WayIn, 'demo'>,
  reason: Reason,
): void {
  audit.note({
    ...eventFacts(factsOf(request)),
    event,
    decision: 'denied',
    reason,
    issuer: present.issuer,
    subject: present.subject,
    detail: { way: { issuer: way.issuer, subject: way.subject } },
  })
}
