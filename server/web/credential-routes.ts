import express, { type Request, type Response, type Router } from 'express'
import { type Clock, isoSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Gate } from '../federation/gate.ts'
import { sessionNameFor } from '../federation/session-name.ts'
import { readBody } from '../http/read-body.ts'
import { readForm } from '../http/read-form.ts'
import type { FactsOf } from '../http/request-facts.ts'
import { credentialFormats } from './credential-formats.ts'
import { durationsUpTo, inWords } from './durations.ts'
import { type Pages, shownPerson } from './pages.ts'
import { requirePerson } from './session.ts'

export type CredentialRouteDeps = {
  config: { publicUrl: string }
  pages: Pages
  gate: Gate
  factsOf: FactsOf
  clock: Clock
}

const bodyLimits = { maxBytes: 8 * 1024, timeoutMs: 10_000 }

export function createCredentialRoutes(deps: CredentialRouteDeps): Router {
  const { config, pages, gate, factsOf } = deps
  const router = express.Router()

  router.get('/roles', async (request, response) => {
    const identity = request.session.identity
    if (identity === undefined) return response.redirect(303, '/?notice=required')
    const roles = await gate.rolesFor(identity, sessionNameFor(identity), factsOf(request))
    await pages.render(response, 'roles', {
      title: 'Choose a role',
      person: shownPerson(identity),
      subject: identity.subject,
      issuer: identity.issuer,
      roles: roles.map(role => ({
        ...role,
        durations: durationsUpTo(role.maxSessionSeconds, identity.sessionSeconds),
      })),
    })
  })

  // The credentials are the answer to the POST itself: no address shows them again, and nothing keeps them.
  router.post('/credentials', async (request, response) => {
    const identity = requirePerson(request)
    const { role, seconds } = await readChoice(request)
    const asked = { name: sessionNameFor(identity), seconds }
    const assumed = await gate.assumeRole(identity, role, asked, factsOf(request))
    const { issuedAtSeconds, expiresAtSeconds } = assumed.session
    await pages.render(response, 'credentials', {
      title: 'Your credentials',
      person: shownPerson(identity),
      role: { name: assumed.role.name, arn: role },
      sessionArn: assumed.arn,
      expiresAt: isoSeconds(expiresAtSeconds),
      expiresInWords: inWords(expiresAtSeconds - issuedAtSeconds),
      formats: credentialFormats(assumed.credentials, config.publicUrl),
    })
  })
  router.get('/credentials', (_request: Request, response: Response) => response.redirect(303, '/roles'))
  return router
}

async function readChoice(request: Request): Promise<{ role: string; seconds: number }> {
  const form = readForm(await readBody(request, bodyLimits))
  const role = form.get('role') ?? ''
  const duration = form.get('duration') ?? ''
  if (role === '' || !/^\d{3,5}$/.test(duration)) throw new Refusal('request.invalid')
  return { role, seconds: Number(duration) }
}
