import express, { type Request, type Response, type Router } from 'express'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Gate } from '../federation/gate.ts'
import { sessionNameFor } from '../federation/session-name.ts'
import type { FactsOf } from '../http/request-facts.ts'
import { durationsUpTo } from './durations.ts'
import type { Pages } from './pages.ts'
import { postedForm } from './posted-form.ts'
import { requirePerson } from './session.ts'
import { showCredentials } from './show-credentials.ts'

export type CredentialRouteDeps = {
  config: { publicUrl: string }
  pages: Pages
  gate: Gate
  factsOf: FactsOf
  clock: Clock
}

export function createCredentialRoutes(deps: CredentialRouteDeps): Router {
  const { pages, gate, factsOf } = deps
  const router = express.Router()

  router.get('/roles', async (request, response) => {
    const identity = request.session.identity
    if (identity === undefined) return response.redirect(303, '/?notice=required')
    const roles = await gate.rolesFor(identity, sessionNameFor(identity), factsOf(request))
    await pages.render(response, 'roles', {
      title: 'Choose a role',
      person: identity,
      subject: identity.subject,
      issuer: identity.issuer,
      roles: roles.map(role => ({
        ...role,
        durations: durationsUpTo(role.maxSessionSeconds, identity.sessionSeconds),
      })),
    })
  })

  router.post('/credentials', async (request, response) => {
    const identity = requirePerson(request)
    const { role, seconds } = await readChoice(request)
    const asked = { name: sessionNameFor(identity), seconds }
    const assumed = await gate.assumeRole(identity, role, asked, factsOf(request))
    await showCredentials(deps, response, assumed, identity)
  })
  router.get('/credentials', (_request: Request, response: Response) => response.redirect(303, '/roles'))
  return router
}

async function readChoice(request: Request): Promise<{ role: string; seconds: number }> {
  const form = await postedForm(request)
  const role = form.get('role') ?? ''
  const duration = form.get('duration') ?? ''
  if (role === '' || !/^\d{3,5}$/.test(duration)) throw new Refusal('request.invalid')
  return { role, seconds: Number(duration) }
}
