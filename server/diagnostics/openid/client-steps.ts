import { randomBytes } from 'node:crypto'
import type { OutboundResponse } from '../../base/outbound.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Asked, ProviderTestDeps } from '../deps.ts'
import type { Reach } from '../reach.ts'
import { signInStep } from '../running-service.ts'
import { ok, problem, type Step, skipped, warning } from '../step.ts'
import type { Metadata } from './discovery-steps.ts'
import type { BrowserClient } from './provider.ts'

/** Whether it knows us: our client id, our redirect URI, our secret. */
export async function* clientSteps(
  client: BrowserClient,
  metadata: Metadata | undefined,
  deps: ProviderTestDeps,
  reach: Reach,
  asked: Asked,
): AsyncGenerator<Step> {
  const authorizationUrl = client.authorizationUrl ?? textOf(metadata?.authorization_endpoint)
  const tokenUrl = client.tokenUrl ?? textOf(metadata?.token_endpoint)
  yield pkceStep(metadata, client)
  yield ok('Redirect URI', `This must be registered there, letter by letter: ${client.redirectUri}`)
  if (asked.serviceUrl !== undefined) yield await signInStep(asked.serviceUrl, client)
  yield* authorizationSteps(client, authorizationUrl, deps, reach)
  yield* secretSteps(client, tokenUrl, metadata, deps, reach)
}

/** @see RFC 8414, section 2 */
function pkceStep(metadata: Metadata | undefined, { needsS256 }: BrowserClient): Step {
  const check = 'PKCE'
  const methods = metadata?.code_challenge_methods_supported
  if (metadata === undefined) return skipped(check, 'The discovery document would say.')
  if (Array.isArray(methods) && methods.includes('S256')) return ok(check, 'It announces S256, which we use.')
  const announced = Array.isArray(methods) ? methods.join(', ') : undefined
  if (announced !== undefined && needsS256) {
    const change = 'Have S256 switched on there: without it nobody is sent to this provider.'
    return problem(check, `It announces ${announced || 'no method'}, and not S256.`, change)
  }
  const change =
    'Nothing, when sign-ins work: some take S256 without saying so. Else have it switched on there.'
  return warning(check, 'It does not announce S256, which we use.', change)
}

async function* authorizationSteps(
  client: BrowserClient,
  url: string | undefined,
  deps: ProviderTestDeps,
  reach: Reach,
): AsyncGenerator<Step> {
  const check = 'Authorization endpoint'
  if (url === undefined) {
    yield skipped(check, 'The discovery document would say where it is.')
    return
  }
  if (!(yield* reach(url))) {
    yield skipped(check, 'Its host can’t be called from here; browsers may still reach it.')
    return
  }
  const answer = await ask(url, client, deps)
  yield typeof answer === 'string' ? skipped(check, answer) : judgeAnswer(check, client, answer)
}

/**
 * Asks as a browser would that is not signed in, and says that no page may be shown: a provider that knows client and
 * redirect URI then sends the browser back with an error, and one that does not must not.
 *
 * @see OpenID Connect Core 1.0, section 3.1.2.6 (login_required); RFC 6749, section 4.1.2.1
 */
async function ask(
  url: string,
  { clientId, redirectUri, scope }: BrowserClient,
  { outbound }: ProviderTestDeps,
): Promise<OutboundResponse | string> {
  const target = new URL(url)
  const random = () => randomBytes(32).toString('base64url')
  const query = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state: random(),
    nonce: random(),
    code_challenge: random(),
    code_challenge_method: 'S256',
    prompt: 'none',
  }
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value)
  try {
    return await outbound.fetchText(target.href, { redirects: 'answered', headers: { accept: 'text/html' } })
  } catch (error) {
    if (error instanceof Refusal) return `It can’t be called from here: ${error.detail}.`
    throw error
  }
}

/** No more than that somebody would have to sign in. @see OpenID Connect Core 1.0, section 3.1.2.6 */
const expected = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
  'access_denied',
]

/** As providers write it, on pages that are for people. */
const unknownClient =
  /(?:invalid|unauthorized|deleted)_client|(?:unknown|invalid) client|client (?:is invalid|not found|does not exist)/i

function judgeAnswer(check: string, client: BrowserClient, answer: OutboundResponse): Step {
  const { clientId, redirectUri } = client
  const location = answer.headers.location ?? ''
  const back = URL.parse(location)
  if (back !== null && `${back.origin}${back.pathname}` === redirectUri) {
    const error = back.searchParams.get('error')
    if (error === null || expected.includes(error)) {
      return ok(check, 'It knows our client id and our redirect URI.')
    }
    const told = back.searchParams.get('error_description') ?? 'no more'
    const change = `Look at the client ${clientId} there: what it may ask for, and its state.`
    return problem(check, `It knows the redirect URI, and refuses the client: ${error} (${told}).`, change)
  }
  // Google puts the error into its own page's address, in base64.
  const text = `${answer.body} ${location} ${unpacked(location)}`
  if (/redirect[_ ]?uri/i.test(text) && isError(answer, location)) {
    return problem(
      check,
      'It does not know our redirect URI.',
      `Register ${redirectUri} with the client ${clientId} there, letter by letter.`,
    )
  }
  if (unknownClient.test(text) && isError(answer, location)) {
    return problem(
      check,
      `It does not know the client ${clientId}.`,
      'Compare the client id with the one there.',
    )
  }
  return skipped(check, `Whether it knows us can’t be told: it answers with status ${answer.status}.`)
}

function isError({ status }: OutboundResponse, location: string): boolean {
  return status >= 400 || /error/i.test(location)
}

function unpacked(location: string): string {
  const values = [...(URL.parse(location)?.searchParams.values() ?? [])]
  return values.map(value => Buffer.from(value, 'base64').toString('latin1')).join(' ')
}

/**
 * Shows a code that nobody was given: `invalid_grant` is said only to a client whose secret is right.
 *
 * @see RFC 6749, section 5.2
 */
export async function* secretSteps(
  client: BrowserClient,
  url: string | undefined,
  metadata: Metadata | undefined,
  { outbound }: ProviderTestDeps,
  reach: Reach,
): AsyncGenerator<Step> {
  const check = 'Client secret'
  if (url === undefined) {
    yield skipped(check, 'The discovery document would say where tokens are had.')
    return
  }
  if (!(yield* reach(url))) {
    yield problem(check, 'The token endpoint can’t be called.', 'See the address above: sign-ins need it.')
    return
  }
  const secret = client.clientSecret()
  if (secret === undefined) {
    yield problem(check, 'There is none, and none can be made.', `Set ${client.secretSetting}.`)
    return
  }
  const proof = authentication(client, secret, metadata)
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: `rolecall-provider-test-${randomBytes(16).toString('hex')}`,
    redirect_uri: client.redirectUri,
    client_id: client.clientId,
    ...proof.form,
    code_verifier: randomBytes(32).toString('base64url'),
  })
  try {
    const { status, body } = await outbound.fetchText(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...proof.headers },
      body: form.toString(),
    })
    yield judgeSecret(check, client, status, errorIn(body))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    yield problem(check, `The token endpoint can’t be called: ${error.detail}.`, `Sign-ins need ${url}.`)
  }
}

/** As our sign-ins do. @see RFC 6749, section 2.3.1; OpenID Connect Discovery 1.0, section 3 (the default is Basic) */
function authentication(
  { clientId, secretGoes }: BrowserClient,
  secret: string,
  metadata: Metadata | undefined,
) {
  const methods = metadata?.token_endpoint_auth_methods_supported
  if (secretGoes === 'post' || (Array.isArray(methods) && methods.includes('client_secret_post'))) {
    return { form: { client_secret: secret }, headers: {} }
  }
  const encoded = [clientId, secret].map(part => new URLSearchParams([['', part]]).toString().slice(1))
  return {
    form: {},
    headers: { authorization: `Basic ${Buffer.from(encoded.join(':')).toString('base64')}` },
  }
}

function judgeSecret(check: string, client: BrowserClient, status: number, error: string | undefined): Step {
  if (error === 'invalid_grant') return ok(check, 'It takes our client id and secret.')
  if (error === 'invalid_client' || error === 'unauthorized_client' || status === 401) {
    const change = `Compare ${client.secretSetting} with the client ${client.clientId} there; make a new secret if in doubt.`
    return problem(check, `It refuses our client id or secret (${error ?? `status ${status}`}).`, change)
  }
  return skipped(
    check,
    `It can’t be told: the answer is status ${status}, ${error ?? 'without an error code'}.`,
  )
}

function errorIn(body: string): string | undefined {
  try {
    return textOf(Object(JSON.parse(body)).error)
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
