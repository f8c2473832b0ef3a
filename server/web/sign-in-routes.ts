import express, { type Router } from 'express'
import { Refusal } from '../base/refusal.ts'
import { networkOf } from '../http/network-of.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { BrowserSignIn, ProviderName } from '../identity/browser-sign-in.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import { directoryPath } from './directory-routes.ts'
import { giveUpErrand } from './errands.ts'
import { noticeFor } from './notices.ts'
import type { Pages } from './pages.ts'
import { cookieName } from './session.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

export type SignInRouteDeps = SignInDeps & {
  config: { production: boolean }
  pages: Pages
  signIns: ReadonlyMap<ProviderName, BrowserSignIn>
  isStandIn(name: ProviderName): boolean
  browserCookie: ReturnType<typeof createBrowserCookie>
  startLimit: RateLimit
  oidcWays: readonly { name: string; title: string }[]
  /** The names of SAML providers that a browser can be sent to. */
  samlNames(): Promise<string[]>
  /** Of the directory that people can log in to, where there is one. */
  directoryName: string | undefined
}

/** One that somebody can choose to sign in by. */
export type OfferedWay = { name: string; href: string; standIn: boolean }

const titles = { google: 'Google', facebook: 'Facebook' } as const

export function createSignInRoutes(deps: SignInRouteDeps): Router {
  const { pages, signIns, browserCookie, startLimit, factsOf } = deps
  const router = express.Router()

  router.get('/', async (request, response) => {
    if (request.session.identity !== undefined) {
      // Whoever failed to come back with another way in is still who they were.
      const wasLinking = giveUpErrand(request.session)
      return response.redirect(303, wasLinking ? `/account${request.url.slice(1)}` : '/roles')
    }
    await pages.render(response, 'sign-in', {
      title: 'Sign in',
      notice: noticeFor(request.url),
      directoryName: deps.directoryName,
      providers: (await offeredWays(deps)).filter(({ href }) => href !== directoryPath),
    })
  })

  for (const [name, signIn] of signIns) {
    // A link, not a form: `form-action 'self'` would stop the redirect to the provider.
    router.get(`/sign-in/${name}`, (request, response, next) => {
      if (!startLimit.take(networkOf(factsOf(request).sourceIp))) throw new Refusal('request.throttled')
      response.set('cache-control', 'no-store')
      browserCookie.ensure(request, response)
      signIn.begin(request, response, next, { anew: request.session.errand !== undefined })
    })
    router.get(`/sign-in/${name}/callback`, async (request, response) => {
      response.set('cache-control', 'no-store')
      try {
        const identity = await signIn.finish(request, response)
        response.redirect(303, await startSession(deps, request, identity, `/sign-in/${name}`))
      } catch (error) {
        refuseSignIn(deps, request, response, error)
      }
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

type WaysIn = Pick<SignInRouteDeps, 'signIns' | 'isStandIn' | 'oidcWays' | 'samlNames' | 'directoryName'>

export async function offeredWays(ways: WaysIn): Promise<OfferedWay[]> {
  const { signIns, isStandIn, oidcWays, samlNames, directoryName } = ways
  return [
    ...(directoryName === undefined ? [] : [{ name: directoryName, href: directoryPath, standIn: false }]),
    ...[...signIns.keys()].map(name => ({
      name: titles[name],
      href: `/sign-in/${name}`,
      standIn: isStandIn(name),
    })),
    ...oidcWays.map(({ name, title }) => ({ name: title, href: `/sign-in/${name}`, standIn: false })),
    ...(await samlNames()).map(name => ({ name, href: `/sign-in/saml/${name}`, standIn: false })),
  ]
}
