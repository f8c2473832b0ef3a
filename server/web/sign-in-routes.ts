import express, { type Request, type Response, type Router } from 'express'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { networkOf } from '../http/network-of.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { FactsOf } from '../http/request-facts.ts'
import type { BrowserSignIn, ProviderName } from '../identity/browser-sign-in.ts'
import type { Store } from '../store/open-store.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import { failureNotice, noticeFor } from './notices.ts'
import type { Pages } from './pages.ts'
import { cookieName, sessionLifetimeMs } from './session.ts'

export type SignInRouteDeps = {
  config: { production: boolean }
  pages: Pages
  signIns: ReadonlyMap<ProviderName, BrowserSignIn>
  isStandIn(name: ProviderName): boolean
  browserCookie: ReturnType<typeof createBrowserCookie>
  startLimit: RateLimit
  store: Pick<Store, 'identities'>
  audit: Pick<AuditLog, 'record' | 'note'>
  factsOf: FactsOf
  clock: Clock
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

const titles = { google: 'Google', facebook: 'Facebook' } as const

export function createSignInRoutes(deps: SignInRouteDeps): Router {
  const { pages, signIns, browserCookie, startLimit, factsOf } = deps
  const router = express.Router()

  router.get('/', async (request, response) => {
    if (request.session.identity !== undefined) return response.redirect(303, '/roles')
    await pages.render(response, 'sign-in', {
      title: 'Sign in',
      notice: noticeFor(request.url),
      providers: [...signIns.keys()].map(name => ({
        name: titles[name],
        href: `/sign-in/${name}`,
        standIn: deps.isStandIn(name),
      })),
    })
  })

  for (const [name, signIn] of signIns) {
    // A link, not a form: `form-action 'self'` would stop the redirect to the provider.
    router.get(`/sign-in/${name}`, (request, response, next) => {
      if (!startLimit.take(networkOf(factsOf(request).sourceIp))) throw new Refusal('request.throttled')
      response.set('cache-control', 'no-store')
      browserCookie.ensure(request, response)
      signIn.begin(request, response, next)
    })
    router.get(`/sign-in/${name}/callback`, async (request, response) => {
      response.set('cache-control', 'no-store')
      try {
        const identity = await signIn.finish(request, response)
        await startSession(deps, request, identity)
      } catch (error) {
        return refuse(deps, request, response, error)
      }
      response.redirect(303, '/roles')
    })
  }

  router.post('/sign-out', (request, response, next) => {
    request.session.destroy(error => {
      if (error) return next(error)
      const { production } = deps.config
      response.clearCookie(cookieName('rolecall', production), {
        path: '/',
        secure: production,
        httpOnly: true,
        sameSite: 'lax',
      })
      response.redirect(303, '/?notice=signed-out')
    })
  })
  return router
}

/** A new session id, whatever the browser came with: an id planted before the sign-in stays a stranger's. */
async function startSession(
  deps: SignInRouteDeps,
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
  request.session.expiresAtMs = deps.clock() + sessionLifetimeMs
}

/** Back to the sign-in page with a sentence of ours; what really happened is for the log. */
function refuse(deps: SignInRouteDeps, request: Request, response: Response, error: unknown): void {
  if (!(error instanceof Refusal)) throw error
  const { requestId, atMs, sourceIp } = deps.factsOf(request)
  const { reason, detail, about } = error
  deps.log.info({ requestId, reason, detail, ...about }, 'sign-in refused')
  deps.audit.note({ atMs, event: 'SignIn', decision: 'denied', reason, requestId, sourceIp, ...about })
  response.redirect(303, `/?notice=${failureNotice(reason)}`)
}
