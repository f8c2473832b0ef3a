import express, { type Request, type Response, type Router } from 'express'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { valuesOf } from '../base/role-mapping.ts'
import type { Gate } from '../federation/gate.ts'
import type { MappingStory } from '../federation/given-roles.ts'
import { sessionNameFor } from '../federation/session-name.ts'
import type { FactsOf } from '../http/request-facts.ts'
import { durationsUpTo } from './durations.ts'
import type { Pages } from './pages.ts'
import { postedForm } from './posted-form.ts'
import { requirePerson } from './session.ts'
import { showCredentials } from './show-credentials.ts'
import { wordsOfRule, wordsOfWhy } from './why-words.ts'

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
      issuer: identity.issuer,
      conditions: [
        [identity.audienceKey, identity.audience],
        [identity.subjectKey, identity.subject],
      ],
      roles: roles.map(role => ({
        ...role,
        why: role.why && wordsOfWhy(role.why),
        durations: durationsUpTo(role.maxSessionSeconds, identity.sessionSeconds),
      })),
    })
  })

  router.get('/roles/why', async (request, response) => {
    const identity = request.session.identity
    if (identity === undefined) return response.redirect(303, '/?notice=required')
    const roles = await gate.rolesFor(identity, sessionNameFor(identity), factsOf(request))
    await pages.render(response, 'why', {
      title: 'Why these roles',
      person: identity,
      ...shownStory(await gate.mappingFor(identity), new Set(roles.map(({ arn }) => arn))),
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

const mostValues = 50
/** About the token rather than the person. */
const ofTheToken = new Set(['nonce', 'exp', 'iat', 'nbf', 'jti', 'at_hash', 'c_hash', 's_hash'])

/** Of a role that does not admit them, a person is not told which it is. */
function shownStory({ claims, isMapped, rules, given }: MappingStory, theirs: ReadonlySet<string>) {
  return {
    isMapped,
    rules: rules.map(rule => ({
      words: wordsOfRule(rule),
      arn: theirs.has(rule.roleArn) ? rule.roleArn : undefined,
    })),
    reasons: given
      .filter(({ roleArn }) => theirs.has(roleArn))
      .map(({ roleArn, why }) => ({ arn: roleArn, words: wordsOfWhy(why) })),
    claims: Object.keys(claims)
      .filter(name => !ofTheToken.has(name))
      .map(name => {
        const values = valuesOf(claims, name)
        return { name, values: values.slice(0, mostValues), more: Math.max(0, values.length - mostValues) }
      }),
  }
}

async function readChoice(request: Request): Promise<{ role: string; seconds: number }> {
  const form = await postedForm(request)
  const role = form.get('role') ?? ''
  const duration = form.get('duration') ?? ''
  if (role === '' || !/^\d{3,5}$/.test(duration)) throw new Refusal('request.invalid')
  return { role, seconds: Number(duration) }
}
