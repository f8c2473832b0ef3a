import express, { type Router } from 'express'
import { Refusal } from '../base/refusal.ts'
import { networkOf } from '../http/network-of.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { SamlSignIn } from '../identity/saml-sign-in.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

export type SamlRouteDeps = SignInDeps & {
  samlSignIn: SamlSignIn
  /** Of a cookie that comes along when another site posts to us. */
  samlCookie: ReturnType<typeof createBrowserCookie>
  startLimit: { take(key: string): boolean }
}

const bodyLimits = { maxBytes: 256 * 1024, timeoutMs: 10_000 }

/**
 * The way to SAML providers and back. The answer is posted by the provider's page: it stands before the rule that
 * forms must come from our own pages, and is bound to this browser by a cookie of its own instead. Browsers bring no
 * session along with it; a redirect within this site does, and ends the sign-in.
 */
export function createSamlRoutes(deps: SamlRouteDeps): Router {
  const { samlSignIn, samlCookie, startLimit, factsOf } = deps
  const router = express.Router()
  router.get('/sign-in/saml/:name', async (request, response) => {
    if (!startLimit.take(networkOf(factsOf(request).sourceIp))) throw new Refusal('request.throttled')
    response.set('cache-control', 'no-store')
    samlCookie.ensure(request, response)
    response.redirect(
      303,
      await samlSignIn.begin(request, request.params.name, { anew: request.session.errand !== undefined }),
    )
  })
  router.post('/saml/acs', async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const form = readForm(await readBody(request, bodyLimits))
      const state = await samlSignIn.finish(request, {
        response: form.get('SAMLResponse') ?? '',
        relayState: form.get('RelayState') ?? '',
        sourceIp: factsOf(request).sourceIp,
      })
      response.redirect(303, `/saml/arrived?state=${state}`)
    } catch (error) {
      refuseSignIn(deps, request, response, error)
    }
  })
  router.get('/saml/arrived', async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const query = readForm(request.url.split('?')[1] ?? '')
      const identity = await samlSignIn.arrive(request, query.get('state') ?? '')
      response.redirect(303, await startSession(deps, request, identity))
    } catch (error) {
      refuseSignIn(deps, request, response, error)
    }
  })
  return router
}
