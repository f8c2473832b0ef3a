import type { Logger } from 'pino'
import { openAccountAccess } from './account-access.ts'
import type { AuditOptions } from './audit/audit-log.ts'
import type { SqliteSinkOptions } from './audit/sqlite-sink.ts'
import { createAuthorizer } from './authorization/authorize.ts'
import { createActAs } from './aws/act-as.ts'
import { createAwsEndpoint } from './aws/endpoint.ts'
import { createAwsServices } from './aws-services.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { createOutbound } from './base/outbound.ts'
import type { Config } from './config.ts'
import { createAuthenticator } from './credentials/authenticate.ts'
import { resealSecrets } from './credentials/reseal-secrets.ts'
import { createSessionCallers } from './credentials/session-caller.ts'
import { createMfaVerifier } from './credentials/verify-mfa.ts'
import { openDatabaseAccess } from './database-access.ts'
import { openDirectoryAccess, watchDirectory } from './directory-access.ts'
import { createGate } from './federation/assume-role.ts'
import { keepHouse } from './housekeeping.ts'
import { createCors } from './http/cors.ts'
import { createFactsReader } from './http/request-facts.ts'
import { createRequestGuard } from './http/request-guard.ts'
import { isOutboundEnabled } from './iam/outbound-federation.ts'
import { ensureShippedPolicies } from './iam/shipped-policies.ts'
import { createGuests } from './identity/guests.ts'
import { poolIssuer } from './identity/pool-logins.ts'
import { createProofVerifiers, type StandIns } from './identity/proof-verifiers.ts'
import { createSamlRequestKeys } from './identity/saml-request-keys.ts'
import { openAuditReader } from './installation.ts'
import { claimDataDir, type DataDirClaim } from './keys/claim-data-dir.ts'
import { prepareDataDir, type RootAccessKey } from './keys/key-files.ts'
import { createIdentityKeys } from './oidc/identity-keys.ts'
import { loadSigningKeys } from './oidc/signing-keys.ts'
import { createTokenEndpoint } from './oidc/token-endpoint.ts'
import { openParts, type Parts } from './open-parts.ts'
import { outboundRules } from './outbound-rules.ts'
import { composeRoutes } from './routes.ts'
import { serviceProviderAt, serviceProviderMetadata } from './saml/service-provider.ts'
import type { Rotator } from './secrets/rotation/rotator.ts'
import { createVault } from './secrets/vault.ts'
import { openSecretsAccess } from './secrets-access.ts'
import type { Store } from './store/open-store.ts'
import { createTokenSigner } from './tokens/sign-access-token.ts'
import { createWebRoutes } from './web/routes.ts'

export type Rolecall = {
  /** What an HTTP server calls for each request. */
  app: ReturnType<typeof composeRoutes>
  store: Store
  accountId: string
  rootAccessKey: RootAccessKey
  /** Everything that was decided is durable when this answers. */
  close(): Promise<void>
}

export type Options = {
  log: Logger
  clock?: Clock
  /** The demo's providers, where they run. */
  standIns?: StandIns | undefined
  /** What rotates secrets beside the rotators that are built in. */
  rotators?: ReadonlyMap<string, Rotator> | undefined
  /** The audit log's bounds, where they are not the usual ones. */
  auditBounds?: (Pick<AuditOptions, 'mostWaiting'> & Pick<SqliteSinkOptions, 'lockTimeoutMs'>) | undefined
}

/** Opens the service on its data folder, which is nobody else's meanwhile. Nothing listens yet when this answers. */
export async function openRolecall(config: Config, options: Options): Promise<Rolecall> {
  prepareDataDir(config.dataDir)
  const claim = claimDataDir(config.dataDir)
  try {
    const parts = await openParts(config, options)
    try {
      return await compose(config, options, claim, parts)
    } catch (error) {
      await parts.audit.close()
      await parts.store.close()
      throw error
    }
  } catch (error) {
    claim.release()
    throw error
  }
}

/** Hands every room what it needs. */
async function compose(
  config: Config,
  options: Options,
  claim: DataDirClaim,
  parts: Parts,
): Promise<Rolecall> {
  const { log, clock = systemClock, standIns } = options
  const { publicUrl, production, demo, saml } = config
  const { keyring, accountId, rootAccessKey, store, audit, secretKeys } = parts

  const factsOf = createFactsReader(config.trustedProxies, clock)
  const outbound = createOutbound(outboundRules(config))
  const directoryAccess = openDirectoryAccess(config.directory, { accountId, clock, log })
  const identityKeys = createIdentityKeys({ signingKeys: store.signingKeys, keyring, clock })
  const access = { store, keyring, accountId, identityKeys, audit, clock, log }
  const accounts = await openAccountAccess(config, access)
  const ownAccounts = accounts?.ownAccounts
  const proofs = createProofVerifiers({
    ...store,
    config,
    standIns,
    ownIssuers: ownAccounts && [{ record: ownAccounts.issuer, requireLive: ownAccounts.requireLive }],
    directoryAccess,
    findPoolKey: identityKeys.verifying,
    keyring,
    accountId,
    outbound,
    clock,
    log,
  })
  const guests = createGuests(config.guests, accountId, clock)
  const authorizer = createAuthorizer({ ...store, keyring })
  const mfa = createMfaVerifier({ ...store, keyring, clock })
  const samlRequestKeys = createSamlRequestKeys({ ...store, keyring, clock, numbers: saml.signingKeys })
  const gate = createGate({
    ...store,
    authorizer,
    mfa,
    keyring,
    audit,
    accountId,
    clock,
    demo,
    issuer: publicUrl,
    identityKey: identityKeys.signing,
    isOutboundEnabled: () => isOutboundEnabled(store.settings),
  })
  const signer = createTokenSigner({
    keys: await loadSigningKeys({ signingKeys: store.signingKeys, keyring, clock }),
    issuer: publicUrl,
    clock,
  })

  const reader = openAuditReader(config)
  await ensureShippedPolicies(store.policies, clock)
  if (config.previousMasterKey !== undefined) {
    const count = await resealSecrets(store, keyring)
    if (count > 0) log.info({ count }, 'secrets were sealed under the current master key')
  }
  const vault = createVault(secretKeys, accountId)
  const databaseAccess = await openDatabaseAccess(config, { ...access, vault, rootAccessKey })
  const secretsAccess = openSecretsAccess(config, {
    ...{ store, keyring, vault, authorizer, audit, accountId, clock, log },
    wrapper: secretKeys,
    databases: databaseAccess.deps,
    rotators: new Map([...databaseAccess.rotators, ...(options.rotators ?? [])]),
  })
  const services = createAwsServices({
    config,
    store,
    proofs,
    keyring,
    accountId,
    gate,
    audit,
    reader,
    secrets: secretsAccess.service,
    poolKey: () => identityKeys.signing('RS256'),
    clock,
  })
  const known = { ...store, keyring, rootAccessKey, accountId, clock, demo }
  const running = { authorizer, audit, log }
  const sessionCallers = createSessionCallers(known)
  const app = composeRoutes({
    guard: createRequestGuard({ publicUrl, production, factsOf }),
    factsOf,
    log,
    aws: createAwsEndpoint({ ...services, ...running, authenticator: createAuthenticator(known), factsOf }),
    token: createTokenEndpoint({ gate, ...proofs, guests, ownAccounts, signer, audit, factsOf, log }),
    issuer: publicUrl,
    otherIssuers: [poolIssuer(publicUrl)],
    accountsIssuer: ownAccounts?.issuer.issuer,
    cors: createCors(config.corsOrigins),
    samlMetadata: async () =>
      serviceProviderMetadata(serviceProviderAt(publicUrl), {
        keys: await samlRequestKeys.published(),
        requestsSigned: saml.signRequests === 'always',
      }),
    jwks: async () => ({ keys: [...signer.jwks().keys, ...(await identityKeys.published())] }),
    web: createWebRoutes({
      config,
      standIns,
      gate,
      proofs,
      guests,
      accounts,
      accountId,
      outbound,
      store,
      samlRequestKeys,
      keyring,
      audit,
      actAs: createActAs({ ...services, ...running, sessionCallers }),
      factsOf,
      clock,
      log,
    }),
    isCurrent: () => store.isCurrent(),
    async isReady() {
      await Promise.all([store.ping(), audit.ping()])
    },
  })

  const stopHousekeeping = keepHouse(store, clock, log)
  const recheckMs = config.directory?.recheckMs ?? 0
  const watch = { store, audit, recheckMs, accountId, clock, log }
  const watching = directoryAccess && watchDirectory(directoryAccess, watch)

  return {
    app,
    store,
    accountId,
    rootAccessKey,
    async close() {
      stopHousekeeping()
      watching?.stop()
      await secretsAccess.stop()
      await databaseAccess.stop()
      await directoryAccess?.directory.close()
      await accounts?.close()
      await audit.close()
      await reader.close()
      await store.close()
      claim.release()
    },
  }
}
