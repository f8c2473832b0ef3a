import express, { type Request, type Router } from 'express'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { LinkedWay } from '../store/people.ts'
import { beginErrand, type Errand, findErrand, isFresh } from './errands.ts'
import { isTransient, type LinkDeps, linkWay, tellOutcome } from './link-ways.ts'
import { noticeFor } from './notices.ts'
import type { Pages } from './pages.ts'
import { postedForm } from './posted-form.ts'
import { requirePerson } from './session.ts'
import type { OfferedWay } from './sign-in-routes.ts'
import { isSameWay, requireUnlinkable, waysToShow } from './unlink-ways.ts'

export type AccountRouteDeps = LinkDeps & {
  pages: Pages
  /** Of own accounts, whose password and factors have a page of their own. */
  ownIssuer: string | undefined
  /** What the sign-in page offers. */
  offeredWays(): Promise<OfferedWay[]>
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
    beginErrand(request.session, { purpose: isFresh(request.session, clock) ? 'link' : 'again' }, clock)
    response.redirect(303, '/account/sign-in')
  })

  // Links, not forms: `form-action 'self'` would stop the redirect to the provider.
  router.get('/account/sign-in', async (request, response) => {
    const { identity } = request.session
    const errand = findErrand(request.session, clock)
    if (identity === undefined || errand === undefined) return response.redirect(303, '/account')
    const { ways, ...words } = await signInWords(deps, request, identity, errand)
    await pages.render(response, 'account-sign-in', {
      ...words,
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
    const change = { event: 'LinkWayIn', identity, way: added, page: '/account?notice=linked' } as const
    const page = await tellOutcome(deps, request, change, () => linkWay(deps, request, identity, added))
    response.redirect(303, page)
  })

  router.post('/account/unlink', async (request, response) => {
    const identity = requirePerson(request)
    const form = await postedForm(request)
    const [issuer, subject] = [form.get('issuer'), form.get('subject')]
    if (issuer === undefined || subject === undefined) throw new Refusal('request.invalid')
    if (!isFresh(request.session, clock)) {
      beginErrand(request.session, { purpose: 'again' }, clock)
      return response.redirect(303, '/account/sign-in')
    }
    const way = { issuer, subject }
    const begun = { event: 'UnlinkWayIn', identity, way, page: '/account/sign-in' } as const
    const page = await tellOutcome(deps, request, begun, async () => {
      await requireUnlinkable(deps, identity, way)
      beginErrand(request.session, { purpose: 'unlink', way }, clock)
    })
    response.redirect(303, page)
  })
  return router
}

/** What the page says of an errand, and by which of the ways that are offered it may be left on. */
async function signInWords(
  { store, pages, ...deps }: AccountRouteDeps,
  { session }: Request,
  identity: FederatedIdentity,
  errand: Errand,
): Promise<{ title: string; ways: OfferedWay[]; [name: string]: unknown }> {
  const offered = await deps.offeredWays()
  if (errand.purpose === 'unlink') {
    const person = await store.people.find(identity)
    const linked = person === undefined ? [] : await store.people.ways(person.id)
    const shows = waysToShow(linked, identity, errand.way)
    const names = shows.map(way => pages.providerOf(way))
    return {
      title: 'Unlink a way in',
      personId: person?.id,
      shows: shows.map(way => shownWay(pages, way, identity)),
      isCurrent: isSameWay(identity, errand.way),
      ways: offered.filter(way => names.includes(way.standIn ? `${way.name} (stand-in)` : way.name)),
    }
  }
  if (errand.purpose === 'link') return { title: 'Link another way in', ways: offered }
  const mine = offered.filter(({ href }) => href === session.signedInBy)
  return { title: 'Sign in again', ways: mine.length > 0 ? mine : offered }
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
    isCurrent: isSameWay(way, current),
  }
}

function day(ms: number | undefined): { text: string; iso: string } | undefined {
  if (ms === undefined) return undefined
  return { text: dayFormat.format(ms), iso: new Date(ms).toISOString() }
}
