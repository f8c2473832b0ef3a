import type { AuditReader } from '../audit/audit-reader.ts'
import type { Clock } from '../base/clock.ts'
import type { MappingDeps } from '../federation/mapping/judge-mapping.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Store } from '../store/open-store.ts'

/** What the actions of this service are given. */
export type IamDeps = Pick<
  Store,
  | 'roles'
  | 'users'
  | 'groups'
  | 'principals'
  | 'principalPolicies'
  | 'accessKeys'
  | 'lastUsed'
  | 'revocations'
  | 'mfaDevices'
  | 'loginProfiles'
  | 'settings'
  | 'policies'
  | 'oidcProviders'
  | 'samlProviders'
  | 'roleMappings'
  | 'identityPools'
  | 'accessReports'
  | 'people'
> & {
  keyring: Keyring
  /** As whom identity pools know somebody: whoever ends a person's sessions means those too. */
  alsoKnownAs(person: {
    issuer: string
    subject: string
  }): Promise<readonly { issuer: string; subject: string }[]>
  reader: Pick<AuditReader, 'lastUses'>
  accountId: string
  /** Of the providers that are set up by it. */
  config: MappingDeps['config']
  /** Of tokens that principals of this account show elsewhere: our public URL. */
  issuer: string
  clock: Clock
  /** How often a user may be wrong about the present password. */
  passwordGuesses: RateLimit
  /** Whether an issuer may be `http:` on a loopback address: outside production alone. */
  allowLoopbackHttp: boolean
}
