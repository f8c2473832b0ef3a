import { fileURLToPath } from 'node:url'
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import helmet from 'helmet'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ActAs } from '../aws/act-as.ts'
import { type Clock, toSeconds } from '../base/clock.ts'
import type { Outbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import type { Gate } from '../federation/gate.ts'
import { createRateLimit } from '../http/rate-limit.ts'
import type { FactsOf } from '../http/request-facts.ts'
import { createBrowserSignIns, type ProviderName } from '../identity/browser-sign-in.ts'
import type { Guests } from '../identity/guests.ts'
import { issuersOf, type OidcClient } from '../identity/openid/client.ts'
import { answersByPost, createOidcSignIn } from '../identity/openid/sign-in.ts'
import type {
  AmazonSettings,
  FacebookSettings,
  GoogleSettings,
  ProofVerifiers,
  StandIns,
} from '../identity/proof-verifiers.ts'
import type { SamlRequestKeys } from '../identity/saml-request-keys.ts'
import { createSamlSignIn } from '../identity/saml-sign-in.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Store } from '../store/open-store.ts'
import { createAccountRoutes } from './account-routes.ts'
import { createOwnAccountRoutes, type WebAccounts } from './accounts/own-account-routes.ts'
import { createArrivals } from './arrivals.ts'
import { createBrowserCookie } from './browser-cookie.ts'
import { createConsoleRoutes } from './console/console-routes.ts'
import { createCredentialRoutes } from './credential-routes.ts'
import { createDirectoryRoutes } from './directory-routes.ts'
import { noteDeparture } from './errands.ts'
import { createFailureHandler } from './failures.ts'
import { createGuestRoutes } from './guest-routes.ts'
import { createOidcRoutes } from './oidc-routes.ts'
import { redirectToPublicHost, requireOwnPages } from './own-pages.ts'
import { createPages } from './pages.ts'
import { createSamlRoutes } from './saml-routes.ts'
import { createSession } from './session.ts'
import { createSignInPage, createSignInRoutes, offeredWays } from './sign-in-routes.ts'

export type WebDeps = {
  config: {
    publicUrl: string
    production: boolean
    demo: boolean
    saml: { idpInitiated: boolean; signRequests: 'wanted' | 'always' }
    google?: GoogleSettings | undefined
    facebook?: FacebookSettings | undefined
    amazon?: AmazonSettings | undefined
    oidcClients: readonly OidcClient[]
  }
  standIns?: StandIns | undefined
  gate: Gate
  /** For the console. */
  actAs: ActAs
  proofs: ProofVerifiers
  /** Where there are any. */
  guests: Guests | undefined
  accounts?: WebAccounts | undefined
  outbound: Outbound
  store: Pick<
    Store,
    'webSessions' | 'signInStates' | 'identities' | 'people' | 'samlProviders' | 'revocations'
  >
  accountId: string
  samlRequestKeys: SamlRequestKeys
  keyring: Keyring
  audit: Pick<AuditLog, 'record' | 'note'>
  factsOf: FactsOf
  clock: Clock
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

/** How often one address may begin a sign-in: each leaves a row behind for ten minutes. */
const startRate = { burst: 30, perSecond: 0.5 }

const assets = fileURLToPath(new URL('../../public', import.meta.url))

/** Everything that a browser sees. */
export function createWebRoutes(deps: WebDeps): Router {
  const { config, standIns, store, proofs, outbound, keyring, clock } = deps
  const { publicUrl, production, demo } = config
  const hasOutbox = deps.accounts?.outbox !== undefined && !production
  const pages = createPages({ publicUrl, demo, hasOutbox }, production, titlesOf(deps))
  const browserCookie = createBrowserCookie(production, { crossSite: false })
  const google = config.google ?? standIns?.google
  const facebook = config.facebook ?? standIns?.facebook
  const signIns = createBrowserSignIns({
    google,
    facebook,
    amazon: config.amazon,
    publicUrl,
    proofs,
    states: store.signInStates,
    browserOf: browserCookie.browserOf,
    outbound,
    clock,
  })

  const router = express.Router()
  router.use(securityHeaders(production))
  router.use('/assets', express.static(assets, { index: false, maxAge: production ? '1h' : 0 }))
  router.use(redirectToPublicHost(publicUrl))
  router.use(
    createSession({
      webSessions: store.webSessions,
      cookieKeys: keyring.all('cookie-signature'),
      production,
      clock,
    }),
  )
  router.use(forgetWhoMayNotStay(demo, store.revocations))
  router.use('/sign-in', noteDeparture)
  const startLimit = createRateLimit(startRate, clock)
  const samlCookie = createBrowserCookie(production, { crossSite: true })
  const samlSignIn = createSamlSignIn({
    samlProviders: store.samlProviders,
    proofs,
    states: store.signInStates,
    browserOf: samlCookie.browserOf,
    requestKeys: deps.samlRequestKeys,
    signRequests: config.saml.signRequests,
    publicUrl,
    accountId: deps.accountId,
    clock,
  })
  const oidcWays = config.oidcClients.map(client => {
    const byPost = answersByPost(client)
    const cookie = byPost ? samlCookie : browserCookie
    const { browserOf } = cookie
    const signIn = createOidcSignIn(client, { ...deps, publicUrl, states: store.signInStates, browserOf })
    return { name: client.name, title: client.title, byPost, cookie, signIn }
  })
  const isStandIn = (name: ProviderName) => config[name] === undefined
  const { directoryName } = proofs
  const ownAccounts = deps.accounts?.ownAccounts
  const samlNames = () => samlSignIn.names()
  const ways = { signIns, isStandIn, oidcWays, samlNames, directoryName, ownAccounts }
  const hasGuests = deps.guests !== undefined
  const showSignIn = createSignInPage({ ...ways, hasGuests, pages })
  const signInDeps = { ...deps, pages, startLimit, showSignIn }
  const arrivals = createArrivals({ ...signInDeps, states: store.signInStates }, samlCookie.browserOf)
  router.use(arrivals.routes)
  router.use(createSamlRoutes({ ...signInDeps, samlSignIn, samlCookie, arrivals }))
  router.use(createOidcRoutes({ ...signInDeps, ways: oidcWays, arrivals }))
  router.post('/{*path}', requireOwnPages(publicUrl))
  router.use(createSignInRoutes({ ...signInDeps, signIns, browserCookie }))
  if (deps.guests !== undefined) router.use(createGuestRoutes({ ...deps, pages, guests: deps.guests }))
  if (directoryName !== undefined) router.use(createDirectoryRoutes({ ...signInDeps, directoryName }))
  if (deps.accounts !== undefined) {
    router.use(createOwnAccountRoutes({ ...signInDeps, accounts: deps.accounts, production }))
  }
  const ownIssuer = ownAccounts?.issuer.issuer
  router.use(createAccountRoutes({ ...deps, ownIssuer, pages, offeredWays: () => offeredWays(ways) }))
  router.use(createCredentialRoutes({ ...deps, pages }))
  router.use(createConsoleRoutes({ ...deps, pages }))
  router.use(() => {
    throw new Refusal('entity.missing', { detail: 'no such page' })
  })
  router.use(createFailureHandler({ ...deps, pages }))
  return router
}

/** By issuer. Of two clients at one the first gives the name. */
function titlesOf({ config: { google, oidcClients }, accounts }: WebDeps): Map<string, string> {
  const titles = oidcClients.flatMap(client =>
    issuersOf(client).map(issuer => [issuer, client.title] as const),
  )
  const ofGoogle = ['https://accounts.google.com', google?.issuer ?? ''].map(
    issuer => [issuer, 'Google'] as const,
  )
  const own = accounts ? [[accounts.ownAccounts.issuer.issuer, 'an account here'] as const] : []
  return new Map([...titles.toReversed(), ...ofGoogle, ...own])
}

/**
 * No inline script or style, no frame, nothing from elsewhere. `Referrer-Policy: same-origin` rather than
 * none, because browsers send `Origin: null` with a form of a page that has none.
 */
function securityHeaders(production: boolean) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: production ? { maxAge: 31_536_000 } : false,
  })
}

/** Whoever a stand-in vouched for is nobody once the demo is off; and whose sessions were ended has none here either. */
function forgetWhoMayNotStay(demo: boolean, revocations: Pick<Store['revocations'], 'denylist'>) {
  return async (request: Request, _response: Response, next: NextFunction): Promise<void> => {
    const { identity, signedInAtMs = 0 } = request.session
    if (identity === undefined) return next()
    const isEnded = (await revocations.denylist()).coversPerson(identity, toSeconds(signedInAtMs))
    if (isEnded || (identity.demo && !demo)) request.session.regenerate(next)
    else next()
  }
}
