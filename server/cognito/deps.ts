import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import type { Gate } from '../federation/gate.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { PoolLoginVerifier } from '../identity/pool-logins.ts'
import type { IdentityPools } from '../store/identity-pools.ts'
import type { PoolIdentities } from '../store/pool-identities.ts'
import type { IdentityKey } from '../tokens/sign-identity-token.ts'

/** What the actions of this service are given. */
export type CognitoDeps = {
  identityPools: IdentityPools
  poolIdentities: PoolIdentities
  poolLogins: PoolLoginVerifier
  gate: Pick<Gate, 'assumeRole'>
  audit: Pick<AuditLog, 'record'>
  /** Of the tokens that pools give: our own address, and the key that signs them. */
  issuer: string
  signingKey(): Promise<IdentityKey>
  /** How many identities one network may make: each is a row for good. */
  newIdentities: RateLimit
  accountId: string
  clock: Clock
}
