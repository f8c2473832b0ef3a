import express, { type Request, type Response, type Router } from 'express'
import { Refusal } from '../base/refusal.ts'
import { networkOf } from '../http/network-of.ts'
import type { SamlSignIn } from '../identity/saml-sign-in.ts'
import type { Departure } from '../saml/authn-request.ts'
import type { Arrivals } from './arrivals.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import type { Pages } from './pages.ts'
import { postedForm } from './posted-form.ts'
import { refuseSignIn, type SignInDeps } from './start-session.ts'

export type SamlRouteDeps = SignInDeps & {
  /** Whether providers may begin a sign-in. */
  config: { saml: { idpInitiated: boolean } }
  pages: Pages
  samlSignIn: SamlSignIn
  /** Of a cookie that comes along when another site posts to us. */
  samlCookie: ReturnType<typeof createBrowserCookie>
  arrivals: Arrivals
  startLimit: { requireToken(key: string): void }
}

const answerLimits = { maxBytes: 256 * 1024 }

/**
 * The way to SAML providers and back. The answer is posted by the provider's page: it stands before the rule that
 * forms must come from our own pages, and is bound to this browser by a cookie of its own instead.
 */
export function createSamlRoutes(deps: SamlRouteDeps): Router {
  const { config, pages, samlSignIn, samlCookie, arrivals, startLimit, factsOf } = deps
  const router = express.Router()

  function requireStart(request: Request, response: Response): void {
    startLimit.requireToken(networkOf(factsOf(request).sourceIp))
    samlCookie.ensure(request, response)
  }

  /** By redirect, or by a form, which this one page may send to the provider and to nobody else. */
  async function depart(response: Response, departure: Departure): Promise<void> {
    if ('url' in departure) return response.redirect(303, departure.url)
    const { origin, host } = new URL(departure.action)
    const policy = String(response.getHeader('content-security-policy'))
    response.set('content-security-policy', policy.replace("form-action 'self'", `form-action ${origin}`))
    await pages.render(response, 'saml-request', { title: 'Sign in', host, ...departure })
  }

  router.get('/sign-in/saml/:name', async (request, response) => {
    response.set('cache-control', 'no-store')
    requireStart(request, response)
    const anew = request.session.errand !== undefined
    await depart(response, await samlSignIn.begin(request, request.params.name, { anew }))
  })
  router.post('/saml/acs', async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const form = await postedForm(request, answerLimits)
      const answer = { response: form.get('SAMLResponse') ?? '', sourceIp: factsOf(request).sourceIp }
      const asked = await samlSignIn.takeRequest(request, form.get('RelayState') ?? '')
      if (asked === undefined) {
        if (!config.saml.idpInitiated) {
          throw new Refusal('signIn.stateUnknown', { detail: 'an answer that this browser did not ask for' })
        }
        requireStart(request, response)
        return await depart(response, await samlSignIn.askAnew(request, answer))
      }
      const identity = await samlSignIn.finish(asked, answer)
      const arrived = { identity, way: `/sign-in/saml/${asked.name}`, isOrdinary: !asked.anew }
      response.redirect(303, await arrivals.keep(request, arrived))
    } catch (error) {
      await refuseSignIn(deps, request, response, error)
    }
  })
  return router
}
