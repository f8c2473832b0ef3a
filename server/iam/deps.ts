import type { Clock } from '../base/clock.ts'
import type { OidcProviders } from '../store/oidc-providers.ts'
import type { Policies } from '../store/policies.ts'
import type { Roles } from '../store/roles.ts'

/** What the actions of this service are given. */
export type IamDeps = {
  roles: Roles
  policies: Policies
  oidcProviders: OidcProviders
  accountId: string
  clock: Clock
  /** Whether an issuer may be `http:` on a loopback address: outside production alone. */
  allowLoopbackHttp: boolean
}
