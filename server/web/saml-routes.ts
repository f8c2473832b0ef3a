import express, { type Router } from 'express'
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
  startLimit: { requireToken(key: string): void }
}

const bodyLimits = { maxBytes: 256 * 1024, timeoutMs: 10_000 }

/**
 * The way to SAML providers and back. The answer is posted by the provider's page: it stands before the rule that
 * forms must come from our own pages, and is bound to this browser by a cookie of its own instead.
 */
export function createSamlRoutes(deps: SamlRouteDeps): Router {
  const { samlSignIn, samlCookie, startLimit, factsOf } = deps
  const router = express.Router()
  router.get('/sign-in/saml/:name', async (request, response) => {
    startLimit.requireToken(networkOf(factsOf(request).sourceIp))
    response.set('cache-control', 'no-store')
    samlCookie.ensure(request, response)
    response.redirect(303, await samlSignIn.begin(request, request.params.name))
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
      await startSession(deps, request, identity)
    } catch (error) {
      return refuseSignIn(deps, request, response, error)
    }
    response.redirect(303, '/roles')
  })
  return router
}
