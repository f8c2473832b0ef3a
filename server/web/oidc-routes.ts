import express, { type Request, type Response, type Router } from 'express'
import { networkOf } from '../http/network-of.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import { readQuery } from '../http/read-form.ts'
import type { OidcSignIn } from '../identity/openid/sign-in.ts'
import type { Arrivals } from './arrivals.ts'
import type { createBrowserCookie } from './browser-cookie.ts'
import { postedForm } from './posted-form.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

/** The way to one OpenID provider and back. */
export type OidcWay = {
  name: string
  title: string
  signIn: OidcSignIn
  /** Whether the provider's page posts the answer. */
  byPost: boolean
  /** Where it does, of a cookie that comes along when another site posts to us. */
  cookie: ReturnType<typeof createBrowserCookie>
}

export type OidcRouteDeps = SignInDeps & {
  ways: readonly OidcWay[]
  arrivals: Arrivals
  startLimit: RateLimit
}

const answerLimits = { maxBytes: 64 * 1024 }

/**
 * Stands before the rule that forms must come from our own pages: an answer that is posted comes from the
 * provider's, and is bound to this browser by a cookie instead.
 */
export function createOidcRoutes(deps: OidcRouteDeps): Router {
  const router = express.Router()
  for (const way of deps.ways) {
    router.get(`/sign-in/${way.name}`, (request, response) => begin(deps, way, request, response))
    const callback = `/sign-in/${way.name}/callback`
    if (way.byPost) router.post(callback, (request, response) => finish(deps, way, request, response))
    else router.get(callback, (request, response) => finish(deps, way, request, response))
  }
  return router
}

async function begin(deps: OidcRouteDeps, way: OidcWay, request: Request, response: Response): Promise<void> {
  deps.startLimit.requireToken(networkOf(deps.factsOf(request).sourceIp))
  response.set('cache-control', 'no-store')
  way.cookie.ensure(request, response)
  try {
    const anew = request.session.errand !== undefined
    response.redirect(303, await way.signIn.begin(request, { anew }))
  } catch (error) {
    await refuseSignIn(deps, request, response, error)
  }
}

async function finish(
  deps: OidcRouteDeps,
  way: OidcWay,
  request: Request,
  response: Response,
): Promise<void> {
  response.set('cache-control', 'no-store')
  try {
    const answer = way.byPost ? await postedForm(request, answerLimits) : readQuery(request.url)
    const identity = await way.signIn.finish(request, answer)
    const path = `/sign-in/${way.name}`
    response.redirect(
      303,
      way.byPost
        ? await deps.arrivals.keep(request, { identity, way: path })
        : await startSession(deps, request, identity, path),
    )
  } catch (error) {
    await refuseSignIn(deps, request, response, error)
  }
}
