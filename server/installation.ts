import { join } from 'node:path'
import type { AuditReader } from './audit/audit-reader.ts'
import { createPostgresReader } from './audit/postgres-reader.ts'
import { createSqliteReader } from './audit/sqlite-reader.ts'
import { newId } from './base/ids.ts'
import type { Config } from './config.ts'
import * as keyFiles from './keys/key-files.ts'
import { createKeyring, type Keyring } from './keys/keyring.ts'
import { openRecord, sealRecord } from './keys/sealed-record.ts'
import type { Store, StoreOptions } from './store/open-store.ts'

/** What makes this installation itself, whatever else changes. */
export type Installation = { accountId: string; rootAccessKey: keyFiles.RootAccessKey }

/**
 * The keys of this installation. Without a setting they are made once, beside the data; nodes that share a
 * database must be given the same ones, since it must not hold what opens it.
 */
export function openKeyring({ masterKey, previousMasterKey, dataDir }: Config): Keyring {
  const current = masterKey ?? keyFiles.loadOrMakeMasterKey(dataDir)
  return createKeyring(previousMasterKey === undefined ? [current] : [current, previousMasterKey])
}

/** Where the store and the audit log are. */
export function storeLocation({ databaseUrl, maxStalenessMs, dataDir }: Config): StoreOptions['location'] {
  if (databaseUrl === undefined) return { file: join(dataDir, 'rolecall.db') }
  return { url: databaseUrl, maxStalenessMs }
}

/** Reads the audit log, beside whoever writes it. */
export function openAuditReader({ databaseUrl, dataDir }: Config): AuditReader & { close(): unknown } {
  if (databaseUrl !== undefined) return createPostgresReader(databaseUrl)
  return createSqliteReader(auditFile(dataDir))
}

export function auditFile(dataDir: string): string {
  return join(dataDir, 'audit.db')
}

/**
 * The account and its root key: by setting, else made once. With the embedded store they are files of the data
 * folder; with a shared database they are in there, the secret sealed, and each node writes its own file.
 */
export async function openInstallation(
  config: Config,
  settings: Store['settings'],
  keyring: Keyring,
): Promise<Installation> {
  await requireSameMasterKey(settings, keyring)
  if (config.databaseUrl === undefined) {
    return {
      accountId: config.accountId ?? keyFiles.loadOrMakeAccountId(config.dataDir),
      rootAccessKey:
        config.rootAccessKey ?? keyFiles.loadOrMakeRootAccessKey(config.dataDir, () => newId('AKIA')),
    }
  }
  // The first node brings what its data folder has, so that an embedded store's account can move over.
  const own = keyFiles.loadOrMakeAccountId(config.dataDir)
  return {
    accountId: config.accountId ?? (await settings.claim('account-id', own)),
    rootAccessKey: config.rootAccessKey ?? (await sharedRootAccessKey(config.dataDir, settings, keyring)),
  }
}

async function sharedRootAccessKey(
  dataDir: string,
  settings: Store['settings'],
  keyring: Keyring,
): Promise<keyFiles.RootAccessKey> {
  const name = 'root-access-key'
  const own = JSON.stringify(keyFiles.loadOrMakeRootAccessKey(dataDir, () => newId('AKIA')))
  const seal = (text: string) =>
    sealRecord(keyring, 'secret-at-rest', Buffer.from(text), name).toString('base64')
  const kept = Buffer.from(await settings.claim(name, seal(own)), 'base64')
  const opened = openRecord(keyring, 'secret-at-rest', kept, name)
  if (opened === undefined) throw new Error('the root access key in the database can’t be opened')
  const text = opened.toString('utf8')
  // From the next start on the new master key alone will do.
  await settings.set(name, seal(text))
  const key: keyFiles.RootAccessKey = JSON.parse(text)
  keyFiles.writeRootAccessKey(dataDir, key)
  return key
}

/**
 * With another master key everything that rests sealed would be lost one by one, each in its own strange way.
 *
 * @throws {Error} when the store was set up under a master key that is not among ours
 */
async function requireSameMasterKey(settings: Store['settings'], keyring: Keyring): Promise<void> {
  const name = 'master-key-check'
  const seal = () => sealRecord(keyring, 'secret-at-rest', Buffer.from(name), name).toString('base64')
  const kept = await settings.claim(name, seal())
  if (openRecord(keyring, 'secret-at-rest', Buffer.from(kept, 'base64'), name) === undefined) {
    throw new Error(
      'the store was set up under another master key; set ROLECALL_MASTER_KEY to that one, or ROLECALL_MASTER_KEY_PREVIOUS when it was changed. One that was made by itself is the file master-key in the data folder, which ROLECALL_MASTER_KEY_PREVIOUS_FILE can name',
    )
  }
  // From the next start on the new one alone will do.
  await settings.set(name, seal())
}
