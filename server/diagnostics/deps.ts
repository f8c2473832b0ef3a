import type { Clock } from '../base/clock.ts'
import type { Outbound, OutboundOptions } from '../base/outbound.ts'
import type { DirectorySettings } from '../directory/settings.ts'
import type { GroupRole } from '../identity/group-roles.ts'
import type { OidcClient } from '../identity/openid/client.ts'
import type {
  AmazonSettings,
  FacebookSettings,
  GoogleSettings,
  ProofVerifiers,
} from '../identity/proof-verifiers.ts'
import type { Store } from '../store/open-store.ts'
import type { Step } from './step.ts'

/** What is asked about a provider. */
export type Asked = {
  /** A sample of what the provider vouches with: an ID token, an access token, a SAML response. */
  proof?: string | undefined
  /** Somebody to look up in a directory. */
  user?: string | undefined
  /** Where the service runs, to compare what it says with what is expected. */
  serviceUrl?: string | undefined
  /** From where the sample would be shown, for policies that ask. */
  sourceIp?: string | undefined
}

export type ProviderTestDeps = {
  config: {
    publicUrl: string
    demo: boolean
    google?: (GoogleSettings & { jwksUrl: string }) | undefined
    facebook?: FacebookSettings | undefined
    amazon?: AmazonSettings | undefined
    oidcClients?: readonly OidcClient[] | undefined
  }
  directory?: { name: string; settings: DirectorySettings; groupRoles: readonly GroupRole[] } | undefined
  store: Pick<
    Store,
    'oidcProviders' | 'samlProviders' | 'roleMappings' | 'identityPools' | 'roles' | 'settings'
  >
  /** The very ones that serve requests, on a store that is only read. */
  proofs: Pick<
    ProofVerifiers,
    'verifyIdToken' | 'verifyAccessToken' | 'verifySamlResponse' | 'findSamlProvider'
  >
  accountId: string
  outbound: Outbound
  outboundRules: OutboundOptions
  clock: Clock
}

export type KnownProvider = {
  /** As it is asked for. */
  name: string
  /** In words: how it is known here. */
  kind: string
  /** Other names that mean it. */
  aliases: readonly string[]
  steps(asked: Asked): AsyncGenerator<Step>
}

/** All providers of one kind that are set up. */
export type ProviderKind = (deps: ProviderTestDeps) => Promise<KnownProvider[]>
