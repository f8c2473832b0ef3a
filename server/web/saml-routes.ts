import express, { type Request, type Response, type Router } from 'express'
import { Refusal } from '../base/refusal.ts'
import { networkOf } from '../http/network-of.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { SamlSignIn } from '../identity/saml-sign-in.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

export type SamlRouteDeps = SignInDeps & {
  /** Whether providers may begin a sign-in. */
  config: { saml: { idpInitiated: boolean } }
  samlSignIn: SamlSignIn
  /** Of a cookie that comes along when another site posts to us. */
  samlCookie: ReturnType<typeof createBrowserCookie>
  startLimit: { take(key: string): boolean }
}

const bodyLimits = { maxBytes: 256 * 1024, timeoutMs: 10_000 }

/**
 * The way to SAML providers and back. The answer is posted by the provider's page: it stands before the rule that
 * forms must come from our own pages, and is bound to this browser by a cookie of its own instead.
 */
export function createSamlRoutes(deps: SamlRouteDeps): Router {
  const { config, samlSignIn, samlCookie, startLimit, factsOf } = deps
  const router = express.Router()

  function requireStart(request: Request, response: Response): void {
    if (!startLimit.take(networkOf(factsOf(request).sourceIp))) throw new Refusal('request.throttled')
    samlCookie.ensure(request, response)
  }

  router.get('/sign-in/saml/:name', async (request, response) => {
    response.set('cache-control', 'no-store')
    requireStart(request, response)
    response.redirect(303, await samlSignIn.begin(request, request.params.name))
  })
  router.post('/saml/acs', async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const form = readForm(await readBody(request, bodyLimits))
      const answer = { response: form.get('SAMLResponse') ?? '', sourceIp: factsOf(request).sourceIp }
      const asked = await samlSignIn.takeRequest(request, form.get('RelayState') ?? '')
      if (asked === undefined) {
        if (!config.saml.idpInitiated) throw new Refusal('signIn.stateUnknown')
        requireStart(request, response)
        return response.redirect(303, await samlSignIn.askAnew(request, answer))
      }
      await startSession(deps, request, await samlSignIn.finish(asked, answer))
    } catch (error) {
      return refuseSignIn(deps, request, response, error)
    }
    response.redirect(303, '/roles')
  })
  return router
}
