import express, { type Router } from 'express'
import type { OwnAccounts } from '../accounts/own-accounts.ts'
import { accessTokenProviders } from '../base/access-token-providers.ts'
import { networkOf } from '../http/network-of.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { BrowserSignIn, ProviderName } from '../identity/browser-sign-in.ts'
import { logInLocals, ownAccountsPath } from './accounts/log-in-routes.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import { directoryPath } from './directory-routes.ts'
import { giveUpErrand } from './errands.ts'
import { noticeFor } from './notices.ts'
import type { Pages } from './pages.ts'
import { cookieName } from './session.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

export type SignInRouteDeps = SignInDeps & {
  config: { production: boolean }
  signIns: ReadonlyMap<ProviderName, BrowserSignIn>
  browserCookie: ReturnType<typeof createBrowserCookie>
  startLimit: RateLimit
}

export type SignInPageDeps = {
  pages: Pages
  signIns: ReadonlyMap<ProviderName, BrowserSignIn>
  isStandIn(name: ProviderName): boolean
  oidcWays: readonly { name: string; title: string }[]
  /** The names of SAML providers that a browser can be sent to. */
  samlNames(): Promise<string[]>
  /** Of the directory that people can log in to, where there is one. */
  directoryName: string | undefined
  /** Whether whoever asks may be a guest. */
  hasGuests: boolean
  ownAccounts: Pick<OwnAccounts, 'passkeys'> | undefined
}

/** One that somebody can choose to sign in by. */
export type OfferedWay = { name: string; href: string; standIn: boolean }

/** The page with every way in, and what it is to say. */
export function createSignInPage(deps: SignInPageDeps): SignInDeps['showSignIn'] {
  return async (response, notice, status = 200) => {
    const locals = {
      title: 'Sign in',
      notice,
      directoryName: deps.directoryName,
      hasGuests: deps.hasGuests,
      ways: (await offeredWays(deps)).filter(
        ({ href }) => href !== directoryPath && href !== ownAccountsPath,
      ),
      ...(deps.ownAccounts && (await logInLocals(deps.ownAccounts))),
    }
    await deps.pages.render(response, 'sign-in', locals, status)
  }
}

export function createSignInRoutes(deps: SignInRouteDeps): Router {
  const { signIns, browserCookie, startLimit, factsOf } = deps
  const router = express.Router()

  router.get('/', async (request, response) => {
    if (request.session.identity !== undefined) {
      // Whoever failed to come back with another way in is still who they were.
      const wasLinking = giveUpErrand(request.session)
      return response.redirect(303, wasLinking ? `/account${request.url.slice(1)}` : '/roles')
    }
    await deps.showSignIn(response, noticeFor(request.url))
  })

  for (const [name, signIn] of signIns) {
    // A link, not a form: `form-action 'self'` would stop the redirect to the provider.
    router.get(`/sign-in/${name}`, (request, response, next) => {
      startLimit.requireToken(networkOf(factsOf(request).sourceIp))
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
        await refuseSignIn(deps, request, response, error)
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

type WaysIn = Omit<SignInPageDeps, 'pages' | 'hasGuests'>

export async function offeredWays(ways: WaysIn): Promise<OfferedWay[]> {
  const { signIns, isStandIn, oidcWays, samlNames, directoryName, ownAccounts } = ways
  return [
    ...(ownAccounts === undefined
      ? []
      : [{ name: 'an account here', href: ownAccountsPath, standIn: false }]),
    ...(directoryName === undefined ? [] : [{ name: directoryName, href: directoryPath, standIn: false }]),
    ...[...signIns.keys()].map(name => ({
      name: name === 'google' ? 'Google' : accessTokenProviders[name].title,
      href: `/sign-in/${name}`,
      standIn: isStandIn(name),
    })),
    ...oidcWays.map(({ name, title }) => ({ name: title, href: `/sign-in/${name}`, standIn: false })),
    ...(await samlNames()).map(name => ({ name, href: `/sign-in/saml/${name}`, standIn: false })),
  ]
}
