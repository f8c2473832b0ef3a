import type { AccessTokenKind } from '../base/access-token-providers.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Gate } from '../federation/gate.ts'
import type { Keyring } from '../keys/keyring.ts'

/** What the actions of this service are given. */
export type StsDeps = {
  gate: Gate
  keyring: Keyring
  accountId: string
  /** @throws {Refusal} token.* | issuer.unreachable | tags.invalid */
  verifyIdToken(token: string): Promise<FederatedIdentity>
  /** @throws {Refusal} token.* | issuer.unreachable; token.providerUnknown when the provider is not set up */
  verifyAccessToken(kind: AccessTokenKind, token: string, sourceIp: string): Promise<FederatedIdentity>
  /** @throws {Refusal} password.refused | issuer.unreachable | request.throttled */
  verifyDirectoryPassword(username: string, password: string, sourceIp: string): Promise<FederatedIdentity>
  /** @throws {Refusal} token.* | tags.invalid | request.throttled */
  verifySamlResponse(response: string, providerArn: string, sourceIp: string): Promise<FederatedIdentity>
}
