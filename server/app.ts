import type { Logger } from 'pino'
import { openAccountAccess } from './account-access.ts'
import { type AuditOptions, openAuditLog } from './audit/audit-log.ts'
import type { SqliteSinkOptions } from './audit/sqlite-sink.ts'
import { createAuthorizer } from './authorization/authorize.ts'
import { createAwsEndpoint } from './aws/endpoint.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { createOutbound } from './base/outbound.ts'
import type { Config } from './config.ts'
import { createAuthenticator } from './credentials/authenticate.ts'
import { resealSecrets } from './credentials/reseal-secrets.ts'
import { createMfaVerifier } from './credentials/verify-mfa.ts'
import { openDirectoryAccess, watchDirectory } from './directory-access.ts'
import { createGate } from './federation/assume-role.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { createFactsReader } from './http/request-facts.ts'
import { createRequestGuard } from './http/request-guard.ts'
import { isOutboundEnabled } from './iam/outbound-federation.ts'
import { createIamService } from './iam/service.ts'
import { ensureShippedPolicies } from './iam/shipped-policies.ts'
import { createProofVerifiers, type StandIns } from './identity/proof-verifiers.ts'
import { createSamlRequestKeys } from './identity/saml-request-keys.ts'
import {
  openAuditReader,
  openAuditSink,
  openInstallation,
  openKeyring,
  storeLocation,
} from './installation.ts'
import { claimDataDir, type DataDirClaim } from './keys/claim-data-dir.ts'
import { prepareDataDir, type RootAccessKey } from './keys/key-files.ts'
import { createIdentityKeys } from './oidc/identity-keys.ts'
import { loadSigningKeys } from './oidc/signing-keys.ts'
import { createTokenEndpoint } from './oidc/token-endpoint.ts'
import { composeRoutes } from './routes.ts'
import { serviceProviderAt, serviceProviderMetadata } from './saml/service-provider.ts'
import { openStore, type Store } from './store/open-store.ts'
import { createStsService } from './sts/service.ts'
import { createTokenSigner } from './tokens/sign-access-token.ts'
import { createTrailService } from './trail/service.ts'
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
  /** The audit log's bounds, where they are not the usual ones. */
  auditBounds?: (Pick<AuditOptions, 'mostWaiting'> & Pick<SqliteSinkOptions, 'lockTimeoutMs'>) | undefined
}

/** Opens what the service keeps. What the environment does not give is made once. */
async function openParts(config: Config, { log, clock = systemClock, auditBounds }: Options) {
  const keyring = openKeyring(config)
  const store = await openStore({ location: storeLocation(config), clock, log })
  try {
    const installation = await openInstallation(config, store.settings, keyring)
    const audit = openAuditLog({
      sink: await openAuditSink(config, auditBounds),
      clock,
      onFailure: failure => log.error({ failure }, 'the audit log could not be written'),
      ...auditBounds,
    })
    return { keyring, store, audit, ...installation }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Opens the service on its data folder, which is nobody else's meanwhile. Nothing listens yet when this answers. */
export async function openRolecall(config: Config, options: Options): Promise<Rolecall> {
  prepareDataDir(config.dataDir)
  const claim = claimDataDir(config.dataDir)
  try {
    return await compose(config, options, claim)
  } catch (error) {
    claim.release()
    throw error
  }
}

/** Hands every room what it needs. */
async function compose(config: Config, options: Options, claim: DataDirClaim): Promise<Rolecall> {
  const { log, clock = systemClock, standIns } = options
  const { publicUrl, production, demo, saml } = config
  const { keyring, accountId, rootAccessKey, store, audit } = await openParts(config, options)

  const factsOf = createFactsReader(config.trustedProxies, clock)
  const outbound = createOutbound({
    allowPrivate: (host, port) => isAllowed(config.allowedPrivateHosts, host, port),
    allowLoopbackHttp: !production,
  })
  const directoryAccess = openDirectoryAccess(config.directory, { accountId, clock, log })
  const identityKeys = createIdentityKeys({ signingKeys: store.signingKeys, keyring, clock })
  const parts = { store, keyring, accountId, identityKeys, audit, clock, log }
  const accounts = await openAccountAccess(config, parts)
  const ownAccounts = accounts?.ownAccounts
  const proofs = createProofVerifiers({
    ...store,
    config,
    standIns,
    ownIssuers: ownAccounts && [{ record: ownAccounts.issuer, requireLive: ownAccounts.requireLive }],
    directoryAccess,
    keyring,
    accountId,
    outbound,
    clock,
    log,
  })
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
  const app = composeRoutes({
    guard: createRequestGuard({ publicUrl, production, factsOf }),
    factsOf,
    log,
    aws: createAwsEndpoint({
      services: [
        createStsService({ gate, ...proofs, keyring, accountId }),
        createIamService({
          ...store,
          keyring,
          reader,
          accountId,
          issuer: publicUrl,
          clock,
          passwordGuesses: createRateLimit({ burst: 5, perSecond: 1 / 60 }, clock),
          allowLoopbackHttp: !production,
        }),
      ],
      jsonServices: [createTrailService({ reader, accountId })],
      authenticator: createAuthenticator({ ...store, keyring, rootAccessKey, accountId, clock, demo }),
      authorizer,
      audit,
      factsOf,
      log,
    }),
    token: createTokenEndpoint({ gate, ...proofs, ownAccounts, signer, audit, factsOf, log }),
    issuer: publicUrl,
    accountsIssuer: ownAccounts?.issuer.issuer,
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
      accounts,
      accountId,
      outbound,
      store,
      samlRequestKeys,
      keyring,
      audit,
      factsOf,
      clock,
      log,
    }),
    isCurrent: () => store.isCurrent(),
    async isReady() {
      await Promise.all([store.ping(), audit.ping()])
    },
  })

  const pruning = setInterval(() => {
    store.prune(clock()).catch(error => log.error({ err: error }, 'pruning failed'))
  }, 10 * 60_000)
  pruning.unref()
  const flushing = setInterval(() => {
    store.lastUsed.flush().catch(error => log.error({ err: error }, 'last uses could not be written'))
  }, 30_000)
  flushing.unref()

  const watching =
    directoryAccess &&
    watchDirectory(directoryAccess, {
      store,
      audit,
      recheckMs: config.directory?.recheckMs ?? 0,
      accountId,
      clock,
      log,
    })

  return {
    app,
    store,
    accountId,
    rootAccessKey,
    async close() {
      clearInterval(pruning)
      clearInterval(flushing)
      watching?.stop()
      await directoryAccess?.directory.close()
      await accounts?.close()
      await audit.close()
      await reader.close()
      await store.close()
      claim.release()
    },
  }
}

/** `host` allows every port, `host:port` one. */
function isAllowed(allowed: readonly string[], host: string, port: number): boolean {
  // Configuration writes an IPv6 address in brackets, as URLs do.
  const name = host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase()
  return allowed.includes(name) || allowed.includes(`${name}:${port}`)
}
