import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { createOutbound } from '../base/outbound.ts'
import type { Config } from '../config.ts'
import type { ProviderTestDeps } from '../diagnostics/deps.ts'
import { readDirectory } from '../directory-access.ts'
import { createProofVerifiers } from '../identity/proof-verifiers.ts'
import { storeLocation } from '../installation.ts'
import { findAccountId, findMasterKey } from '../keys/key-files.ts'
import { createKeyring } from '../keys/keyring.ts'
import { createIdentityKeys } from '../oidc/identity-keys.ts'
import { outboundRules } from '../outbound-rules.ts'
import { openStore, openStoreToRead, type Store } from '../store/open-store.ts'

const clock = systemClock
/** What the rooms log is in the steps as well. */
const log = { warn: () => undefined, error: () => undefined }
/** Before the first start nobody has an account yet. */
const noAccount = '000000000000'

/** What a provider is tested with: the service's own parts, on a store that is only read. */
export async function openParts(config: Config): Promise<ProviderTestDeps & { close(): Promise<void> }> {
  const { store, accountId, keyring } = await openVaultBeside(config)
  const rules = outboundRules(config)
  const outbound = createOutbound(rules)
  const { directory } = config
  const identityKeys = createIdentityKeys({ ...store, keyring, clock })
  return {
    config,
    directory: directory && readDirectory(directory, accountId),
    store,
    accountId,
    outbound,
    outboundRules: rules,
    clock,
    proofs: createProofVerifiers({
      ...store,
      ...withoutTraces,
      revocations: { ...store.revocations, add: async () => undefined },
      config,
      keyring,
      findPoolKey: identityKeys.verifying,
      accountId,
      outbound,
      clock,
      log,
    }),
    close: () => store.close(),
  }
}

/** What rests sealed, and what opens it. */
export async function openVaultBeside(config: Config) {
  const store = await openStoreBeside(config)
  const shared = config.databaseUrl === undefined ? undefined : await store.settings.find('account-id')
  const accountId = config.accountId ?? shared ?? findAccountId(config.dataDir) ?? noAccount
  return { store, accountId, keyring: openKeyringBeside(config) }
}

/** What verifying leaves behind where it is meant: a sample must not be used up, nor anybody remembered. */
const withoutTraces = {
  usedProofs: { use: async () => true, isUsed: async () => false },
  directoryPeople: { remember: async () => undefined },
}

/** Where the service never ran there is nothing to read, and providers by configuration can be tested all the same. */
async function openStoreBeside(config: Config): Promise<Store> {
  const location = storeLocation(config)
  if ('file' in location && !existsSync(location.file)) {
    return openStore({ location: { file: ':memory:' }, clock, log })
  }
  return openStoreToRead({ location, clock, log })
}

function openKeyringBeside({ masterKey, previousMasterKey, dataDir }: Config) {
  // Without any, nothing was sealed that could have to be opened.
  const current = masterKey ?? findMasterKey(dataDir) ?? randomBytes(32)
  return createKeyring(previousMasterKey === undefined ? [current] : [current, previousMasterKey])
}
