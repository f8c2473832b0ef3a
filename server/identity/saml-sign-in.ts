import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { samlProviderArn } from '../base/arn.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { authnRequestUrl, takesRedirects } from '../saml/authn-request.ts'
import { serviceProviderAt } from '../saml/service-provider.ts'
import type { SamlProviders } from '../store/saml-providers.ts'
import type { SignInStates } from '../store/sign-in-states.ts'
import type { ProofVerifiers } from './proof-verifiers.ts'
import { createStateStore } from './state-store.ts'

export type SamlSignInDeps = {
  samlProviders: Pick<SamlProviders, 'list'>
  proofs: Pick<ProofVerifiers, 'findSamlProvider' | 'verifySamlResponse'>
  states: SignInStates
  /** The random value that only this browser holds, and sends along when another site posts to us. */
  browserOf(request: IncomingMessage): string | undefined
  publicUrl: string
  accountId: string
  clock: Clock
}

export type SamlSignIn = {
  /** The names of the providers that a browser can be sent to. */
  names(): Promise<string[]>
  /**
   * Where the browser goes.
   * @param how.anew whether the provider must ask again who it is
   * @throws {Refusal} entity.missing | signIn.stateUnknown (without a browser cookie)
   */
  begin(request: IncomingMessage, name: string, how?: { anew: boolean }): Promise<string>
  /**
   * Who came back. Only as the answer to a request of this browser's: else somebody's own answer, planted in
   * another's browser, would sign them in as that somebody.
   * @throws {Refusal} signIn.stateUnknown | token.* | tags.invalid | request.throttled
   */
  finish(
    request: IncomingMessage,
    answer: { response: string; relayState: string; sourceIp: string },
  ): Promise<FederatedIdentity>
}

/** Service-provider-initiated sign-in. @see SAML Profiles, section 4.1 */
export function createSamlSignIn(deps: SamlSignInDeps): SamlSignIn {
  const { samlProviders, proofs, accountId, publicUrl, clock } = deps
  const states = createStateStore('saml', deps.states, deps.browserOf, clock)
  return {
    async names() {
      const all = await samlProviders.list()
      const usable = await Promise.all(
        all.map(async ({ name }) => {
          const provider = await proofs.findSamlProvider(samlProviderArn(accountId, name))
          return provider !== undefined && takesRedirects(provider) ? [name] : []
        }),
      )
      return usable.flat()
    },
    async begin(request, name, { anew } = { anew: false }) {
      const provider = await proofs.findSamlProvider(samlProviderArn(accountId, name))
      if (provider === undefined || !takesRedirects(provider)) {
        throw new Refusal('entity.missing', { detail: `no SAML provider ${name} for browsers` })
      }
      const id = `_${randomBytes(20).toString('hex')}`
      const relayState = await states.keep(request, name, id)
      const asking = { id, relayState, issuedAtMs: clock(), anew }
      const url = authnRequestUrl(provider, serviceProviderAt(publicUrl), asking)
      if (url === undefined) throw new Refusal('entity.missing')
      return url
    },
    async finish(request, { response, relayState, sourceIp }) {
      const { codeVerifier: name, nonce: id } = await states.take(request, relayState)
      return proofs.verifySamlResponse(response, samlProviderArn(accountId, name), sourceIp, id)
    },
  }
}
