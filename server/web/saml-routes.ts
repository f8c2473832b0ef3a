import express, { type Router } from 'express'
import { Refusal } from '../base/refusal.ts'
import { networkOf } from '../http/network-of.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { SamlSignIn } from '../identity/saml-sign-in.ts'
import type { Arrivals } from './arrivals.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import { refuseSignIn, type SignInDeps } from './start-session.ts'

export type SamlRouteDeps = SignInDeps & {
  samlSignIn: SamlSignIn
  /** Of a cookie that comes along when another site posts to us. */
  samlCookie: ReturnType<typeof createBrowserCookie>
  arrivals: Arrivals
  startLimit: { take(key: string): boolean }
}

const bodyLimits = { maxBytes: 256 * 1024, timeoutMs: 10_000 }

/**
 * The way to SAML providers and back. The answer is posted by the provider's page: it stands before the rule that
 * forms must come from our own pages, and is bound to this browser by a cookie of its own instead.
 */
export function createSamlRoutes(deps: SamlRouteDeps): Router {
  const { samlSignIn, samlCookie, arrivals, startLimit, factsOf } = deps
  const router = express.Router()
  router.get('/sign-in/saml/:name', async (request, response) => {
    if (!startLimit.take(networkOf(factsOf(request).sourceIp))) throw new Refusal('request.throttled')
    response.set('cache-control', 'no-store')
    samlCookie.ensure(request, response)
    const anew = request.session.errand !== undefined
    response.redirect(303, await samlSignIn.begin(request, request.params.name, { anew }))
  })
  router.post('/saml/acs', async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const form = readForm(await readBody(request, bodyLimits))
      const identity = await samlSignIn.finish(request, {
        response: form.get('SAMLResponse') ?? '',
        relayState: form.get('RelayState') ?? '',
        sourceIp: factsOf(request).sourceIp,
      })
      const way = `/sign-in/saml/${identity.issuer.slice(identity.issuer.lastIndexOf('/') + 1)}`
      response.redirect(303, await arrivals.keep(request, { identity, way }))
    } catch (error) {
      refuseSignIn(deps, request, response, error)
    }
  })
  return router
}
