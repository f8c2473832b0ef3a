import express, { type Router } from 'express'
import type { Guests } from '../identity/guests.ts'
import type { CredentialRouteDeps } from './credential-routes.ts'
import { showCredentials } from './show-credentials.ts'

export type GuestRouteDeps = CredentialRouteDeps & { guests: Guests }

/** One button, and credentials: no session begins, and nothing is left in the browser or here. */
export function createGuestRoutes(deps: GuestRouteDeps): Router {
  const { guests, gate, factsOf } = deps
  const router = express.Router()
  router.post('/guest', async (request, response) => {
    const facts = factsOf(request)
    const identity = guests.welcome(facts.sourceIp)
    const asked = { name: 'guest', seconds: guests.seconds }
    await showCredentials(deps, response, await gate.assumeRole(identity, guests.roleArn, asked, facts))
  })
  router.get('/guest', (_request, response) => response.redirect(303, '/'))
  return router
}
