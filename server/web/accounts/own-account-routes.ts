import express, { type Router } from 'express'
import type { OwnAccounts } from '../../accounts/own-accounts.ts'
import type { RateLimit } from '../../http/rate-limit.ts'
import type { Outbox } from '../../mail/outbox.ts'
import type { Store } from '../../store/open-store.ts'
import { createBrowserCookie } from '../browser-cookie.ts'
import type { Pages } from '../pages.ts'
import type { SignInDeps } from '../start-session.ts'
import { createFactorRoutes } from './factor-routes.ts'
import { createForgottenRoutes } from './forgotten-routes.ts'
import { createLogInRoutes } from './log-in-routes.ts'
import { createManageRoutes } from './manage-routes.ts'
import { createOutboxRoutes } from './outbox-routes.ts'
import { createRegisterRoutes } from './register-routes.ts'

/** Own accounts, and in development what would have been mailed. */
export type WebAccounts = {
  ownAccounts: OwnAccounts
  outbox: Outbox | undefined
  /** Of apps that people come from, and may go back to. */
  returnUrls: readonly string[]
}

export type OwnAccountRouteDeps = SignInDeps & {
  pages: Pages
  accounts: WebAccounts
  store: Pick<Store, 'webSessions'>
  startLimit: RateLimit
  production: boolean
}

/** Longer than a mailed code lives. */
const codeCookieSeconds = 1_800

export function createOwnAccountRoutes(deps: OwnAccountRouteDeps): Router {
  const { accounts, production } = deps
  const { ownAccounts, outbox, returnUrls } = accounts
  const codeCookie = createBrowserCookie(production, {
    crossSite: false,
    called: 'rolecall-code',
    seconds: codeCookieSeconds,
  })
  const all = { ...deps, ownAccounts, codeCookie, returnUrls }
  const router = express.Router()
  router.use(createLogInRoutes(all))
  router.use(createRegisterRoutes(all))
  router.use(createForgottenRoutes(all))
  router.use(createManageRoutes(all))
  router.use(createFactorRoutes(all))
  if (outbox !== undefined && !production) router.use(createOutboxRoutes({ ...deps, outbox }))
  return router
}
