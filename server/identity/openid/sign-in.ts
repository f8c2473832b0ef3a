import type { IncomingMessage } from 'node:http'
import type { ClientAuth, Configuration, ServerMetadata } from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import type { FederatedIdentity } from '../../base/federated-identity.ts'
import type { Outbound } from '../../base/outbound.ts'
import { Refusal } from '../../base/refusal.ts'
import type { SignInState, SignInStates } from '../../store/sign-in-states.ts'
import type { ProofVerifiers } from '../proof-verifiers.ts'
import { createStateStore } from '../state-store.ts'
import { createAppleSecret } from './apple-secret.ts'
import { createBoundedFetch, withholdIdToken } from './bounded-fetch.ts'
import { issuersOf, type OidcClient } from './client.ts'
import { fetchEntraGroups } from './entra-groups.ts'
import { createMetadataCache, refusalIn } from './metadata.ts'

type Library = typeof import('openid-client')

export type OidcSignInDeps = {
  /** An origin; the callbacks are below it. */
  publicUrl: string
  proofs: Pick<ProofVerifiers, 'verifyIdToken'>
  states: SignInStates
  /** The random value that only this browser holds. */
  browserOf(request: IncomingMessage): string | undefined
  outbound: Outbound
  clock: Clock
}

/** One provider's way out and back. */
export type OidcSignIn = {
  /**
   * Where the browser goes.
   * @param how.anew whether the provider must ask again who it is
   * @throws {Refusal} issuer.unreachable | signIn.stateUnknown (without a browser cookie)
   */
  begin(request: IncomingMessage, how?: { anew: boolean }): Promise<string>
  /**
   * Who came back.
   * @throws {Refusal} signIn.cancelled | signIn.stateUnknown | signIn.failed | token.* | issuer.unreachable
   */
  finish(request: IncomingMessage, answer: ReadonlyMap<string, string>): Promise<FederatedIdentity>
}

/** Apple answers with name or e-mail address only by a form that its page posts. */
export function answersByPost({ apple }: OidcClient): boolean {
  return apple !== undefined
}

/**
 * Signs in with an OpenID provider by the code flow with PKCE. `openid-client` speaks the protocol and checks whose
 * answer it is; who somebody is says the ID token, which our own verifier alone judges.
 *
 * @see OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 9207 (`iss`, against mix-up); RFC 9700
 */
export function createOidcSignIn(client: OidcClient, deps: OidcSignInDeps): OidcSignIn {
  const { proofs, outbound, clock } = deps
  const callback = `${deps.publicUrl}/sign-in/${client.name}/callback`
  const states = createStateStore(`oidc:${client.name}`, deps.states, deps.browserOf, clock)
  const metadataOf = createMetadataCache(client, outbound, clock)
  const appleSecret = createAppleSecret(client, clock)

  function configure(oidc: Library, metadata: ServerMetadata): Configuration {
    const secret = appleSecret?.() ?? client.clientSecret
    const config = new oidc.Configuration(
      metadata,
      client.clientId,
      undefined,
      authenticate(oidc, metadata, secret),
    )
    if (client.issuer.startsWith('http:')) oidc.allowInsecureRequests(config)
    return config
  }

  async function redeem(answer: ReadonlyMap<string, string>, { codeVerifier }: SignInState) {
    const [oidc, metadata] = [await import('openid-client'), await metadataOf()]
    const config = configure(oidc, metadataFor(client, metadata, answer.get('iss')))
    let idToken: unknown
    config[oidc.customFetch] = withholdIdToken(createBoundedFetch(outbound), taken => {
      idToken = taken
    })
    try {
      const checks = { expectedState: answer.get('state') ?? '', pkceCodeVerifier: codeVerifier }
      const tokens = await oidc.authorizationCodeGrant(config, urlOf(callback, answer), checks)
      return { accessToken: tokens.access_token, idToken }
    } catch (error) {
      throw refusalFor(error, oidc)
    }
  }

  return {
    async begin(request, { anew } = { anew: false }) {
      const [oidc, metadata] = [await import('openid-client'), await metadataOf()]
      const codeVerifier = oidc.randomPKCECodeVerifier()
      const nonce = oidc.randomNonce()
      const asked = {
        redirect_uri: callback,
        scope: client.scopes,
        state: await states.keep(request, codeVerifier, nonce),
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        // With max_age the provider must say in auth_time when it asked (OpenID Connect Core 1.0, section 3.1.2.1).
        ...(anew ? { prompt: 'login', max_age: '300' } : {}),
        ...(answersByPost(client) ? { response_mode: 'form_post' } : {}),
      }
      return oidc.buildAuthorizationUrl(configure(oidc, metadata), asked).href
    },
    async finish(request, answer) {
      const state = await states.take(request, answer.get('state') ?? '')
      const { idToken, accessToken } = await redeem(answer, state)
      if (typeof idToken !== 'string') throw failed('no ID token came back')
      const { entra, clientId } = client
      const expected = { issuer: issuersOf(client), clientId, nonce: state.nonce }
      const groups = entra && (() => fetchEntraGroups(outbound, entra.graphUrl, accessToken))
      const identity = await proofs.verifyIdToken(idToken, { ...expected, ...(groups && { groups }) })
      requireTenant(identity, client)
      return identity
    },
  }
}

/** RFC 9207: of many tenants, the one that answers is the issuer that must have been meant. */
function metadataFor(client: OidcClient, metadata: ServerMetadata, iss: string | undefined): ServerMetadata {
  const isTenant = iss !== undefined && issuersOf(client).includes(iss)
  return isTenant ? { ...metadata, issuer: iss } : metadata
}

/** Entra signs for all tenants with the same keys: what a token says of its tenant must be one thing. */
function requireTenant({ issuer, context, subjectKey }: FederatedIdentity, { entra }: OidcClient): void {
  if (entra === undefined || entra.tenants.length === 0) return
  const [tenant] = context[subjectKey.replace(/:sub$/, ':tid')] ?? []
  if (tenant === undefined || !issuer.endsWith(`/${tenant}/v2.0`)) {
    throw new Refusal('token.rejected', { detail: 'its tid is not the tenant of its iss' })
  }
}

/** OpenID Connect Discovery, section 3: who names no method knows client_secret_basic. */
function authenticate(oidc: Library, metadata: ServerMetadata, secret: string | undefined): ClientAuth {
  if (secret === undefined) throw failed('no client secret')
  const takesPost = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_post')
  return takesPost ? oidc.ClientSecretPost(secret) : oidc.ClientSecretBasic(secret)
}

function urlOf(callback: string, answer: ReadonlyMap<string, string>): URL {
  const url = new URL(callback)
  for (const [name, value] of answer) url.searchParams.set(name, value)
  return url
}

/** The library's own words; never its causes, which hold codes and tokens. */
function refusalFor(error: unknown, oidc: Library): Refusal {
  const refusal = refusalIn(error)
  if (refusal !== undefined) return refusal
  if (error instanceof oidc.AuthorizationResponseError) {
    const cancelled = error.error === 'access_denied' || error.error === 'user_cancelled_authorize'
    const detail = `the provider answered ${error.error.slice(0, 100)}`
    return new Refusal(cancelled ? 'signIn.cancelled' : 'signIn.failed', { detail })
  }
  if (error instanceof oidc.ResponseBodyError)
    return failed(`the token endpoint: ${error.error.slice(0, 100)}`)
  return failed(error instanceof Error ? `${error.message}: ${causeOf(error)}` : String(error))
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? cause.message : 'no more is known'
}

function failed(detail: string): Refusal {
  return new Refusal('signIn.failed', { detail })
}
