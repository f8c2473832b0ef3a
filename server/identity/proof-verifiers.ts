import type { AccessTokenKind } from '../base/access-token-providers.ts'
import type { Clock } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Outbound } from '../base/outbound.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { InResponseTo } from '../saml/read-assertion.ts'
import { serviceProviderAt } from '../saml/service-provider.ts'
import {
  createSamlVerifier,
  type SamlProviderRecord,
  type SamlVerifierDeps,
} from '../saml/verify-response.ts'
import type { DirectoryPeople } from '../store/directory-people.ts'
import type { IdentityPools } from '../store/identity-pools.ts'
import type { OidcProviders } from '../store/oidc-providers.ts'
import type { PoolIdentities } from '../store/pool-identities.ts'
import type { Revocations } from '../store/revocations.ts'
import type { SamlProviders } from '../store/saml-providers.ts'
import type { Settings } from '../store/settings.ts'
import type { UsedProofs } from '../store/used-proofs.ts'
import { createKeySetCache } from '../tokens/key-set-cache.ts'
import {
  createIdTokenVerifier,
  type ExpectedSignIn,
  type IdTokenVerifier,
  type IssuerRecord,
} from '../tokens/verify-id-token.ts'
import { createAccessTokenVerifiers } from './access-token-verifiers.ts'
import { boundStrangers } from './bound-strangers.ts'
import { createDirectoryLogIn, type DirectoryAccess } from './directory-log-in.ts'
import { createIssuerLookup } from './issuers.ts'
import type { OidcClient } from './openid/client.ts'
import { createPasswordTries } from './password-tries.ts'
import {
  createPoolLoginVerifier,
  type PoolLoginVerifier,
  poolIssuerRecord,
  requireClassicFlow,
  requireLivePoolToken,
} from './pool-logins.ts'
import { createSamlProviderLookup } from './saml-providers.ts'

/** A client registered at Google, or at what stands in its place. */
export type GoogleSettings = {
  issuer: string
  clientId: string
  clientSecret: string
  authorizationUrl: string
  tokenUrl: string
}

/** An app registered at Facebook, or at what stands in its place. */
export type FacebookSettings = {
  appId: string
  appSecret: string
  dialogUrl: string
  /** Without a version. */
  graphUrl: string
  graphVersion: string
}

/** A security profile registered for Login with Amazon. */
export type AmazonSettings = {
  clientId: string
  clientSecret: string
  authorizationUrl: string
  /** Where tokens are given, and asked about. */
  apiUrl: string
}

/** The demo's providers. Their issuer is registered in the store, so that only the rest is here. */
export type StandIns = { google?: GoogleSettings | undefined; facebook?: FacebookSettings | undefined }

export type ProofVerifierDeps = {
  config: {
    google?: (GoogleSettings & { jwksUrl: string }) | undefined
    facebook?: FacebookSettings | undefined
    amazon?: AmazonSettings | undefined
    oidcClients?: readonly OidcClient[] | undefined
    demo: boolean
    publicUrl: string
  }
  standIns?: StandIns | undefined
  /** Those that are ourselves, and what must still hold of whom they vouched for. */
  ownIssuers?:
    | readonly { record: IssuerRecord; requireLive(identity: FederatedIdentity): Promise<void> }[]
    | undefined
  /** Where one is set up. */
  directoryAccess?: DirectoryAccess | undefined
  directoryPeople: Pick<DirectoryPeople, 'remember'>
  revocations: Pick<Revocations, 'add' | 'denylist'>
  settings: Pick<Settings, 'find'>
  oidcProviders: Pick<OidcProviders, 'find'>
  samlProviders: Pick<SamlProviders, 'find'>
  usedProofs: Pick<UsedProofs, 'use' | 'isUsed'>
  identityPools: Pick<IdentityPools, 'find'>
  poolIdentities: Pick<PoolIdentities, 'find'>
  /** Our own keys, of tokens that identity pools give. */
  findPoolKey: IssuerRecord['findKey']
  keyring: Keyring
  accountId: string
  outbound: Outbound
  clock: Clock
  log: { warn(context: object, message: string): void }
}

/** The proofs of identity that doors may be shown, each verified into the same `FederatedIdentity`. */
export type ProofVerifiers = {
  /** @throws {Refusal} token.* | issuer.unreachable | tags.invalid */
  verifyIdToken(token: string, expected?: ExpectedSignIn): Promise<FederatedIdentity>
  /**
   * @param sourceIp who shows it; absent when it came from the provider itself
   * @throws {Refusal} token.* | issuer.unreachable | request.throttled; token.providerUnknown when the provider is
   *   not set up
   */
  verifyAccessToken(kind: AccessTokenKind, token: string, sourceIp?: string): Promise<FederatedIdentity>
  /** @throws {Refusal} password.refused | issuer.unreachable | request.throttled; request.invalid without a directory */
  verifyDirectoryPassword(username: string, password: string, sourceIp: string): Promise<FederatedIdentity>
  /** @throws {Refusal} token.* | tags.invalid | request.throttled */
  verifySamlResponse(
    response: string,
    providerArn: string,
    sourceIp: string,
    inResponseTo?: InResponseTo,
  ): Promise<FederatedIdentity>
  /** Of logins in identity pools. */
  poolLogins: PoolLoginVerifier
  /** What the directory that passwords are checked in is called, where there is one. */
  directoryName: string | undefined
  /** By its ARN. */
  findSamlProvider(arn: string): Promise<SamlProviderRecord | undefined>
}

export function createProofVerifiers(deps: ProofVerifierDeps): ProofVerifiers {
  const { config, oidcProviders, accountId, outbound, clock } = deps
  const keySets = createKeySetCache({ outbound, clock, log: deps.log })
  const ofPools = poolIssuerRecord(config.publicUrl, deps.findPoolKey)
  const own = [ofPools, ...(deps.ownIssuers ?? []).map(({ record }) => record)]
  const idTokens = createIdTokenVerifier({
    findIssuer: createIssuerLookup({ ...config, clients: config.oidcClients, oidcProviders, accountId, own }),
    keySets,
    clock,
  })
  /** For every door: what an issuer of our own has ended counts nowhere. */
  const liveTokens: Pick<IdTokenVerifier, 'read'> = {
    async read(token, expected) {
      const verified = await idTokens.read(token, expected)
      const ours = deps.ownIssuers?.find(({ record }) => record.issuer === verified.identity.issuer)
      await ours?.requireLive(verified.identity)
      if (verified.identity.issuer === ofPools.issuer) await requireLivePoolToken(deps, verified)
      return verified
    },
  }
  const verifyAccessToken = createAccessTokenVerifiers(deps)
  const findSamlProvider = createSamlProviderLookup(deps)
  const serviceProvider = serviceProviderAt(config.publicUrl)
  const samlVerifier = (useOnce: SamlVerifierDeps['useOnce']) =>
    createSamlVerifier({ findProvider: findSamlProvider, useOnce, serviceProvider, accountId, clock })
  const responses = samlVerifier((proof, untilMs) => deps.usedProofs.use(proof, untilMs))
  const logIn = createDirectoryLogIn({ ...deps, access: deps.directoryAccess })
  const tries = createPasswordTries(clock)
  const boundSaml = boundStrangers(clock, { remembers: false })

  return {
    async verifyIdToken(token, expected = undefined) {
      const verified = await liveTokens.read(token, expected)
      const { identity } = verified
      return identity.issuer === ofPools.issuer ? requireClassicFlow(deps.identityPools, verified) : identity
    },
    verifyAccessToken,
    poolLogins: createPoolLoginVerifier({
      ...deps,
      ...config,
      google: config.google,
      idTokens: liveTokens,
      keySets,
      verifyAccessToken,
      samlVerifier,
      boundSaml,
    }),
    directoryName: deps.directoryAccess?.name,
    verifyDirectoryPassword: (username, password, sourceIp) =>
      tries.attempt({ name: username, sourceIp }, () => logIn(username, password)),
    findSamlProvider,
    verifySamlResponse: (response, providerArn, sourceIp, inResponseTo) =>
      boundSaml(response, sourceIp, () => responses.verify(response, providerArn, inResponseTo)),
  }
}
