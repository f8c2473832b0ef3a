import type { IncomingMessage } from 'node:http'
import express, { type Router } from 'express'
import { type Clock, toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { readQuery } from '../http/read-form.ts'
import { createStateStore } from '../identity/state-store.ts'
import type { SignInStates } from '../store/sign-in-states.ts'
import { giveUpErrand } from './errands.ts'
import { refuseSignIn, type SignInDeps, startSession } from './start-session.ts'

/**
 * Who came back, and by which way. `isOrdinary` where the provider is known not to have been asked anew: one that began at
 * the provider may end no errand, and no page of ours saw it begin.
 */
type Arrived = { identity: FederatedIdentity; way: string; isOrdinary?: boolean }

export type Arrivals = {
  /**
   * Keeps who was verified for one more step of the same browser.
   * @returns where that step leads
   */
  keep(request: IncomingMessage, arrived: Arrived): Promise<string>
  routes: Router
}

const path = '/sign-in/arrived'

/**
 * The last step of sign-ins whose answer another site's page posts. Browsers bring no session along with that, and with
 * it nothing of what the sign-in was begun for; a redirect within this site does.
 *
 * @param browserOf the random value that only this browser holds, which comes along with both
 */
export function createArrivals(
  deps: SignInDeps & { states: SignInStates; clock: Clock },
  browserOf: (request: IncomingMessage) => string | undefined,
): Arrivals {
  const states = createStateStore('arrival', deps.states, browserOf, deps.clock)
  const routes = express.Router()
  routes.get(path, async (request, response) => {
    response.set('cache-control', 'no-store')
    try {
      const query = readQuery(request.url)
      const { codeVerifier: kept } = await states.take(request, query.get('state') ?? '')
      const { identity, way, isOrdinary = false }: Arrived = JSON.parse(kept)
      if (isOrdinary) giveUpErrand(request.session)
      response.redirect(303, await startSession(deps, request, identity, way))
    } catch (error) {
      await refuseSignIn(deps, request, response, error)
    }
  })
  return {
    routes,
    async keep(request, { identity, ...arrived }) {
      // Whose sessions are ended before they take this step has none by it.
      const proven = { provenAtSeconds: toSeconds(deps.clock()), ...identity }
      return `${path}?state=${await states.keep(request, JSON.stringify({ identity: proven, ...arrived }), '')}`
    },
  }
}
