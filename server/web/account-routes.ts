import express, { type Request, type Response, type Router } from 'express'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { type Reason, Refusal } from '../base/refusal.ts'
import type { LinkedWay, WayIn } from '../store/people.ts'
import { beginErrand, findErrand, isFresh } from './errands.ts'
import { isTransient, type LinkDeps, linkWay, note, unlinkWay, type WayEvent } from './link-ways.ts'
import { type NoticeCode, noticeFor } from './notices.ts'
import type { Pages } from './pages.ts'
import { postedForm } from './posted-form.ts'
import { requirePerson } from './session.ts'
import type { OfferedWay } from './sign-in-routes.ts'

export type AccountRouteDeps = LinkDeps & {
  pages: Pages
  /** Of own accounts, whose password and factors have a page of their own. */
  ownIssuer: string | undefined
  /** What the sign-in page offers. */
  offeredWays(): Promise<OfferedWay[]>
  log: { info(context: object, message: string): void }
}

/** A person's ways in: see them, link another, unlink one. */
export function createAccountRoutes(deps: AccountRouteDeps): Router {
  const { pages, store, clock } = deps
  const router = express.Router()

  router.get('/account', async (request, response) => {
    const identity = request.session.identity
    if (identity === undefined) return response.redirect(303, '/?notice=required')
    const person = await store.people.find(identity)
    const ways = person === undefined ? [] : await store.people.ways(person.id)
    await pages.render(response, 'account', {
      title: 'Your account',
      person: identity,
      notice: noticeFor(request.url),
      personId: person?.id,
      isOwn: identity.issuer === deps.ownIssuer,
      ways: shownWays(pages, ways, identity),
      isFresh: isFresh(request.session, clock),
    })
  })

  router.post('/account/link', (request, response) => {
    const identity = requirePerson(request)
    if (isTransient(identity)) return response.redirect(303, '/account?notice=transient')
    beginErrand(request.session, isFresh(request.session, clock) ? 'link' : 'again', clock)
    response.redirect(303, '/account/sign-in')
  })

  // Links, not forms: `form-action 'self'` would stop the redirect to the provider.
  router.get('/account/sign-in', async (request, response) => {
    const { identity, signedInBy } = request.session
    const errand = findErrand(request.session, clock)
    if (identity === undefined || errand === undefined) return response.redirect(303, '/account')
    const offered = await deps.offeredWays()
    const mine = offered.filter(({ href }) => href === signedInBy)
    const ways = errand.purpose === 'again' && mine.length > 0 ? mine : offered
    await pages.render(response, 'account-sign-in', {
      title: errand.purpose === 'link' ? 'Link another way in' : 'Sign in again',
      person: identity,
      purpose: errand.purpose,
      ways: ways.map(way => ({ ...way, href: `${way.href}?errand=${errand.token}` })),
    })
  })

  router.get('/account/confirm', async (request, response) => {
    const { identity, pendingWay } = request.session
    if (identity === undefined || pendingWay === undefined || pendingWay.untilMs <= clock())
      return response.redirect(303, '/account')
    await pages.render(response, 'account-confirm', {
      title: 'Link these two',
      person: identity,
      token: pendingWay.token,
      ways: [identity, pendingWay.identity].map(one => shownWay(pages, one, identity)),
    })
  })

  router.post('/account/confirm', async (request, response) => {
    const identity = requirePerson(request)
    const form = await postedForm(request)
    const { pendingWay } = request.session
    delete request.session.pendingWay
    if (pendingWay === undefined || pendingWay.untilMs <= clock() || form.get('token') !== pendingWay.token)
      return response.redirect(303, '/account?notice=late')
    const added = pendingWay.identity
    await answer(deps, request, response, { event: 'LinkWayIn', identity, way: added, done: 'linked' }, () =>
      linkWay(deps, request, identity, added),
    )
  })

  router.post('/account/unlink', async (request, response) => {
    const identity = requirePerson(request)
    const form = await postedForm(request)
    const [issuer, subject] = [form.get('issuer'), form.get('subject')]
    if (issuer === undefined || subject === undefined) throw new Refusal('request.invalid')
    if (!isFresh(request.session, clock)) {
      beginErrand(request.session, 'again', clock)
      return response.redirect(303, '/account/sign-in')
    }
    const way = { issuer, subject, demo: identity.demo }
    await answer(deps, request, response, { event: 'UnlinkWayIn', identity, way, done: 'unlinked' }, () =>
      unlinkWay(deps, request, identity, way),
    )
  })
  return router
}

/** What is told on the account's page, and not on one of its own. */
const told: Partial<Record<Reason, NoticeCode>> = {
  'entity.exists': 'taken',
  'entity.limit': 'full',
  'entity.inUse': 'last',
  'entity.changed': 'changed',
  'entity.missing': 'changed',
}

async function answer(
  deps: AccountRouteDeps,
  request: Request,
  response: Response,
  change: { event: WayEvent; identity: FederatedIdentity; way: WayIn; done: NoticeCode },
  make: () => Promise<void>,
): Promise<void> {
  const { event, identity, way, done } = change
  try {
    await make()
  } catch (error) {
    const notice = error instanceof Refusal ? told[error.reason] : undefined
    if (!(error instanceof Refusal) || notice === undefined) throw error
    deps.log.info({ requestId: deps.factsOf(request).requestId, reason: error.reason }, 'ways in unchanged')
    note(deps, request, event, identity, way, error.reason)
    return response.redirect(303, `/account?notice=${notice}`)
  }
  response.redirect(303, `/account?notice=${done}`)
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

type Way = Pick<LinkedWay, 'issuer' | 'subject' | 'kind' | 'demo'> &
  Partial<Pick<LinkedWay, 'displayName' | 'email' | 'linkedAtMs' | 'lastSeenAtMs'>>

/** The one that they are signed in by first. */
function shownWays(pages: Pages, ways: readonly LinkedWay[], current: FederatedIdentity) {
  if (ways.length === 0) return [shownWay(pages, current, current)]
  return ways
    .map(way => shownWay(pages, way, current))
    .toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent))
}

function shownWay(pages: Pages, way: Way, current: FederatedIdentity) {
  const { issuer, subject, displayName, email, linkedAtMs, lastSeenAtMs } = way
  return {
    provider: pages.providerOf(way),
    name: displayName ?? email ?? subject,
    email: displayName === undefined ? undefined : email,
    issuer,
    subject,
    linkedOn: day(linkedAtMs),
    lastUsedOn: day(lastSeenAtMs),
    isCurrent: issuer === current.issuer && subject === current.subject,
  }
}

function day(ms: number | undefined): { text: string; iso: string } | undefined {
  if (ms === undefined) return undefined
  return { text: dayFormat.format(ms), iso: new Date(ms).toISOString() }
}
