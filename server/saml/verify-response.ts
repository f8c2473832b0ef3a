import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { decodeResponse } from './decode-response.ts'
import { findSignedAssertion } from './find-signed-assertion.ts'
import { identityFromAssertion } from './identity-from-assertion.ts'
import {
  type Assertion,
  type InResponseTo,
  readAssertion,
  requireEnvelope,
  toleranceMs,
} from './read-assertion.ts'
import type { IdentityProvider } from './read-metadata.ts'
import type { ServiceProvider } from './service-provider.ts'

/** An identity provider that is trusted, as whoever keeps the register describes it. */
export type SamlProviderRecord = IdentityProvider & {
  arn: string
  /** The last part of its ARN. */
  name: string
  /** PEM. */
  decryptionKeys: readonly string[]
  /** Whether an assertion that came in the clear is refused. */
  encryptionRequired: boolean
}

export type SamlVerifier = {
  /**
   * @param response base64, as it is posted
   * @throws {Refusal} token.* | tags.invalid
   */
  verify(response: string, providerArn: string, inResponseTo?: InResponseTo): Promise<FederatedIdentity>
}

export type SamlVerifierDeps = {
  findProvider(arn: string): Promise<SamlProviderRecord | undefined>
  /** False when this proof was used before: by anybody, on any node. */
  useOnce(proof: string, untilMs: number): Promise<boolean>
  serviceProvider: ServiceProvider
  accountId: string
  clock: Clock
}

/**
 * Verifies SAML responses: their form, their signature, and only then what they say. Each assertion counts once: who
 * sees one pass by can't show it again.
 *
 * @see SAML Profiles, section 4.1.4.3 and 4.1.4.5
 */
export function createSamlVerifier(deps: SamlVerifierDeps): SamlVerifier {
  const { findProvider, serviceProvider, accountId, clock } = deps
  return {
    async verify(response, providerArn, inResponseTo) {
      const provider = await findProvider(providerArn)
      if (provider === undefined) {
        throw new Refusal('token.issuerUnknown', { said: { message: "Specified provider doesn't exist." } })
      }
      const expected = { issuer: provider.entityId, serviceProvider, nowMs: clock(), inResponseTo }
      requireCurrent(provider, expected.nowMs)
      const found = await findSignedAssertion(decodeResponse(response), provider)
      if (provider.encryptionRequired && !found.wasEncrypted) {
        throw new Refusal('token.rejected', { detail: 'the assertion is not encrypted, and must be' })
      }
      requireEnvelope(found.response, expected)
      const assertion = readAssertion(found.assertion, expected)
      try {
        const by = { providerArn, providerName: provider.name, accountId, recipient: serviceProvider.acsUrl }
        const identity = identityFromAssertion(assertion, by)
        await requireUnused(deps, providerArn, assertion)
        return identity
      } catch (error) {
        // The provider did sign it: from here on the audit log may name whom it is about.
        if (error instanceof Refusal) error.concerning({ issuer: providerArn, subject: assertion.nameId })
        throw error
      }
    },
  }
}

async function requireUnused(
  { useOnce }: SamlVerifierDeps,
  providerArn: string,
  { id, issuedAtMs }: Assertion,
): Promise<void> {
  const proof = createHash('sha256')
    .update(JSON.stringify([providerArn, id]))
    .digest('base64url')
  if (!(await useOnce(proof, issuedAtMs + toleranceMs))) throw new Refusal('token.replayed')
}

function requireCurrent({ validUntilMs }: SamlProviderRecord, nowMs: number): void {
  if (validUntilMs === undefined || validUntilMs > nowMs) return
  throw new Refusal('token.rejected', { detail: "the provider's metadata have expired" })
}
