import { isIP } from 'node:net'
import express, { type Request, type Response, type Router } from 'express'
import { CallRefused } from '../../aws/act-as.ts'
import type { Result } from '../../aws/action.ts'
import { Refusal } from '../../base/refusal.ts'
import { readQuery } from '../../http/read-form.ts'
import { postedForm } from '../posted-form.ts'
import { allowed } from './allowed.ts'
import type { Visit } from './console-session.ts'
import { type InConsoleDeps, inConsole } from './in-console.ts'
import { poolMappings, providerMapping, type ShownMapping, verdictOf } from './mapping-answers.ts'
import { sampleFor, wordsOfEnd, wordsOfOutcome } from './mapping-words.ts'
import { structuresIn, textIn } from './read-answer.ts'

const perPage = 50
/** As SimulateRoleMapping takes it, percent-encoded and in any letters. */
const mostCharacters = 20_000
const formLimit = { maxBytes: 256 * 1024 }

/** Which role claims give, tried by an operator. */
export function createMappingRoutes(deps: InConsoleDeps): Router {
  const router = express.Router()
  router.get('/console/role-mappings', inConsole(deps, showList(deps)))
  router.get('/console/role-mappings/pool', inConsole(deps, showPool(deps)))
  router.get(
    '/console/role-mappings/try',
    inConsole(deps, async (request, response, visit) => {
      const chosen = await findChosen(visit, readQuery(request.url))
      const sample = { claims: sampleFor(chosen.mapping), sourceIp: '' }
      await showTry(deps, request, response, visit, { ...chosen, sample })
    }),
  )
  router.post(
    '/console/role-mappings/try',
    inConsole(deps, async (request, response, visit) => {
      const form = await postedForm(request, formLimit)
      const chosen = await findChosen(visit, form)
      // A form's line breaks are two characters each, whatever was pasted.
      const claims = (form.get('claims') ?? '').replaceAll('\r\n', '\n')
      const sample = { claims, sourceIp: (form.get('source-ip') ?? '').trim() }
      const tried = await trySample(visit, chosen, sample)
      await showTry(deps, request, response, visit, { ...chosen, sample, ...tried })
    }),
  )
  return router
}

function showList({ consolePages }: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const query = readQuery(request.url)
    const [providers, pools] = await Promise.all([
      allowed(listProviders(visit, query.get('after'))),
      allowed(listPools(visit, query.get('pools-after'))),
    ])
    const status = 'denied' in providers && 'denied' in pools ? 403 : 200
    const locals = { title: 'Role mappings', providers, pools }
    await consolePages.render(request, response, visit, 'console/role-mappings', locals, status)
  }
}

function showPool({ consolePages }: InConsoleDeps) {
  return async (request: Request, response: Response, visit: Visit): Promise<void> => {
    const asked = { IdentityPoolId: readQuery(request.url).get('pool') ?? '' }
    const answer = await visit.call('cognito-identity:GetIdentityPoolRoles', asked)
    const [poolId, mappings] = [textIn(answer, 'IdentityPoolId'), poolMappings(answer)]
    const locals = { title: 'Mappings of an identity pool', poolId, mappings }
    await consolePages.render(request, response, visit, 'console/pool', locals)
  }
}

async function listProviders(visit: Visit, after: string | undefined) {
  const asked = { MaxItems: perPage, Marker: after }
  const answer = await visit.call('iam:ListProviderRoleMappings', asked)
  return {
    found: structuresIn(answer, 'RoleMappings').map(one => ({
      name: textIn(one, 'Provider') ?? '',
      byToken: textIn(one, 'Type') === 'Token',
    })),
    next: textIn(answer, 'Marker'),
  }
}

async function listPools(visit: Visit, after: string | undefined) {
  const asked = { MaxResults: perPage, NextToken: after }
  const answer = await visit.call('cognito-identity:ListIdentityPools', asked)
  return {
    found: structuresIn(answer, 'IdentityPools').map(one => ({
      id: textIn(one, 'IdentityPoolId') ?? '',
      name: textIn(one, 'IdentityPoolName') ?? '',
    })),
    next: textIn(answer, 'NextToken'),
  }
}

type Chosen = { mapping: ShownMapping; poolId: string | undefined }
type Sample = { claims: string; sourceIp: string }
type Tried = { problem: string } | { answer: Result }

/** The mapping that an address or a form names, as the wire tells it. */
async function findChosen(visit: Visit, named: ReadonlyMap<string, string>): Promise<Chosen> {
  const [provider = '', poolId = ''] = [named.get('provider'), named.get('pool')]
  if (poolId === '') {
    const answer = await visit.call('iam:GetProviderRoleMapping', { Provider: provider })
    return { mapping: providerMapping(answer), poolId: undefined }
  }
  const answer = await visit.call('cognito-identity:GetIdentityPoolRoles', { IdentityPoolId: poolId })
  const mapping = poolMappings(answer).find(one => one.provider === provider)
  if (mapping === undefined) throw new Refusal('entity.missing', { detail: 'the pool has no such mapping' })
  return { mapping, poolId }
}

/** What is wrong with a sample is told beside it, so that it can be mended there. */
async function trySample(
  visit: Visit,
  { mapping, poolId }: Chosen,
  { claims, sourceIp }: Sample,
): Promise<Tried> {
  if (claims.trim() === '') return { problem: 'There are no claims to try.' }
  if (claims.length > mostCharacters)
    return { problem: `The claims are longer than ${mostCharacters.toLocaleString('en-GB')} characters.` }
  if (sourceIp !== '' && isIP(sourceIp) === 0) return { problem: 'The address is no IP address.' }
  try {
    const answer = await visit.call('iam:SimulateRoleMapping', {
      Provider: mapping.provider,
      IdentityPoolId: poolId,
      Claims: claims,
      SourceIp: sourceIp === '' ? undefined : sourceIp,
    })
    return { answer }
  } catch (error) {
    if (!(error instanceof CallRefused) || error.reason !== 'entity.invalid') throw error
    return { problem: error.message }
  }
}

async function showTry(
  { consolePages }: InConsoleDeps,
  request: Request,
  response: Response,
  visit: Visit,
  { mapping, poolId, sample, ...tried }: Chosen & { sample: Sample; problem?: string; answer?: Result },
): Promise<void> {
  const verdict = tried.answer && verdictOf(tried.answer)
  const locals = {
    title: 'Try claims',
    mapping,
    poolId,
    sample,
    mostCharacters,
    problem: tried.problem,
    rules: verdict?.rules ?? mapping.rules,
    verdict: verdict && { ...verdict, words: wordsOfOutcome(verdict, mapping), end: wordsOfEnd(verdict) },
  }
  const status = tried.problem === undefined ? 200 : 400
  await consolePages.render(request, response, visit, 'console/try', locals, status)
}
