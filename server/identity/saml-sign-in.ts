import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { samlProviderArn } from '../base/arn.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { createAuthnRequest, type Departure, takesRequests } from '../saml/authn-request.ts'
import { claimedIssuer } from '../saml/claimed-issuer.ts'
import { serviceProviderAt } from '../saml/service-provider.ts'
import type { SamlProviderRecord } from '../saml/verify-response.ts'
import type { SamlProviders } from '../store/saml-providers.ts'
import type { SignInStates } from '../store/sign-in-states.ts'
import type { ProofVerifiers } from './proof-verifiers.ts'
import type { SamlRequestKeys } from './saml-request-keys.ts'
import { createStateStore } from './state-store.ts'

export type SamlSignInDeps = {
  samlProviders: Pick<SamlProviders, 'list'>
  proofs: Pick<ProofVerifiers, 'findSamlProvider' | 'verifySamlResponse'>
  states: SignInStates
  /** The random value that only this browser holds, and sends along when another site posts to us. */
  browserOf(request: IncomingMessage): string | undefined
  requestKeys: Pick<SamlRequestKeys, 'signing'>
  /** Those to providers that want it so, or all. */
  signRequests: 'wanted' | 'always'
  publicUrl: string
  accountId: string
  clock: Clock
}

/** What a browser has asked a provider for, and whether to ask anew who it is. */
export type SamlRequest = { name: string; id: string; anew: boolean }
export type SamlAnswer = { response: string; sourceIp: string }

export type SamlSignIn = {
  /** The names of the providers that a browser can be sent to. */
  names(): Promise<string[]>
  /**
   * Where the browser goes.
   * @param how.anew whether the provider must ask again who it is
   * @throws {Refusal} entity.missing | signIn.stateUnknown (without a browser cookie)
   */
  begin(request: IncomingMessage, name: string, how?: { anew: boolean }): Promise<Departure>
  /** What this browser asked for under this relay state, once; undefined when it asked for nothing. */
  takeRequest(request: IncomingMessage, relayState: string): Promise<SamlRequest | undefined>
  /**
   * Who came back. Only as the answer to a request of this browser's: else somebody's own answer, planted in
   * another's browser, would sign them in as that somebody.
   * @throws {Refusal} token.* | tags.invalid | request.throttled
   */
  finish(asked: SamlRequest, answer: SamlAnswer): Promise<FederatedIdentity>
  /**
   * Where the browser goes with an answer to nothing: to the provider that sent it, with a request of its own. Whom the
   * answer is about counts for nothing, since anybody may have planted it; who has signed in to the provider in this
   * browser is what comes back. A provider that loses both the request and the relay state goes round until the limit
   * on beginnings ends it.
   *
   * @throws {Refusal} token.* (also for an answer to a request) | tags.invalid | request.throttled | entity.missing
   * @see SAML Profiles, section 4.1.5
   */
  askAnew(request: IncomingMessage, answer: SamlAnswer): Promise<Departure>
}

/** Sign-in with SAML providers, which we ask whoever began it. @see SAML Profiles, section 4.1 */
export function createSamlSignIn(deps: SamlSignInDeps): SamlSignIn {
  const { samlProviders, proofs, accountId, publicUrl, clock } = deps
  const states = createStateStore('saml', deps.states, deps.browserOf, clock)
  const find = (name: string) => proofs.findSamlProvider(samlProviderArn(accountId, name))

  async function findAll(): Promise<SamlProviderRecord[]> {
    const all = await samlProviders.list()
    return (await Promise.all(all.map(({ name }) => find(name)))).flatMap(provider => provider ?? [])
  }

  async function begin(
    request: IncomingMessage,
    name: string,
    { anew } = { anew: false },
  ): Promise<Departure> {
    const provider = await find(name)
    if (provider === undefined || !takesRequests(provider)) {
      throw new Refusal('entity.missing', { detail: `no SAML provider ${name} for browsers` })
    }
    const id = `_${randomBytes(20).toString('hex')}`
    const relayState = await states.keep(request, JSON.stringify({ name, anew }), id)
    const isSigned = deps.signRequests === 'always' || provider.wantsSignedRequests
    const signWith = isSigned ? await deps.requestKeys.signing() : undefined
    const asking = { id, relayState, issuedAtMs: clock(), anew, signWith }
    const departure = await createAuthnRequest(provider, serviceProviderAt(publicUrl), asking)
    if (departure === undefined) throw new Refusal('entity.missing')
    return departure
  }

  return {
    begin,
    names: async () => (await findAll()).filter(takesRequests).map(({ name }) => name),
    async takeRequest(request, relayState) {
      try {
        const { codeVerifier: kept, nonce: id } = await states.take(request, relayState)
        const { name, anew }: Omit<SamlRequest, 'id'> = JSON.parse(kept)
        return { name, id, anew }
      } catch (error) {
        if (error instanceof Refusal && error.reason === 'signIn.stateUnknown') return undefined
        throw error
      }
    },
    finish: ({ name, id }, { response, sourceIp }) =>
      proofs.verifySamlResponse(response, samlProviderArn(accountId, name), sourceIp, id),
    async askAnew(request, { response, sourceIp }) {
      const issuer = claimedIssuer(response)
      const [provider, ...others] = (await findAll()).filter(({ entityId }) => entityId === issuer)
      if (provider === undefined || others.length > 0) {
        const detail = `${others.length === 0 ? 'no' : 'more than one'} provider has the entity id of the answer`
        throw new Refusal('token.issuerUnknown', { detail })
      }
      await proofs.verifySamlResponse(response, provider.arn, sourceIp, null)
      return begin(request, provider.name)
    },
  }
}
