import type { Store } from '../store/open-store.ts'
import { sealedSettingPrefix } from '../store/settings.ts'

export type SealedStore = Pick<
  Store,
  'accounts' | 'accessKeys' | 'mfaDevices' | 'rotators' | 'samlProviders' | 'settings'
>

/** A secret at rest (`sealRecord` for `secret-at-rest`), and where it lies. */
export type SealedRecord = {
  sealed: Buffer
  /** What it is bound to. */
  bound: string
  /** Puts another in its place, unless it was changed meanwhile. */
  replace(sealed: Buffer): Promise<void>
}

/**
 * All that follows a new master key: users' secret access keys, the seeds of their second factors and of own accounts',
 * the signing secrets of rotators, the keys that open assertions, and those that sign requests for them.
 */
export async function listSealedRecords(store: SealedStore): Promise<SealedRecord[]> {
  const { accounts, accessKeys, mfaDevices, rotators, samlProviders, settings } = store
  const names = await settings.namesWith(sealedSettingPrefix)
  return [
    ...(await accessKeys.listAll()).map(({ id, sealedSecret }) => ({
      sealed: sealedSecret,
      bound: id,
      // An id has one secret for ever, and so has the name of a setting below.
      replace: (sealed: Buffer) => accessKeys.setSealedSecret(id, sealed),
    })),
    ...(await mfaDevices.list()).map(({ serialNumber, sealedSeed }) => ({
      sealed: sealedSeed,
      bound: serialNumber,
      replace: (sealed: Buffer) => mfaDevices.setSealedSeed(serialNumber, sealedSeed, sealed),
    })),
    ...(await accounts.listSealed()).map(({ subject, sealedTotp }) => ({
      sealed: sealedTotp,
      bound: subject,
      replace: (sealed: Buffer) => accounts.setSealedTotp(subject, sealedTotp, sealed),
    })),
    ...(await rotators.list()).map(({ name, sealedSecret }) => ({
      sealed: sealedSecret,
      bound: `rotator:${name}`,
      replace: (sealed: Buffer) => rotators.setSealedSecret(name, sealedSecret, sealed),
    })),
    ...(await samlProviders.list()).flatMap(({ name, privateKeys }) =>
      privateKeys.map(key => ({
        sealed: Buffer.from(key.sealed, 'base64'),
        bound: key.id,
        replace: (sealed: Buffer) => replacePrivateKey(store, name, key.sealed, sealed.toString('base64')),
      })),
    ),
    ...(await Promise.all(
      names.map(async name => ({
        sealed: Buffer.from((await settings.find(name)) ?? '', 'base64'),
        bound: name,
        replace: (sealed: Buffer) => settings.set(name, sealed.toString('base64')),
      })),
    )),
  ]
}

function replacePrivateKey(
  { samlProviders }: SealedStore,
  name: string,
  before: string,
  sealed: string,
): Promise<void> {
  return samlProviders.change(name, ({ privateKeys }) => ({
    privateKeys: privateKeys.map(key => (key.sealed === before ? { ...key, sealed } : key)),
  }))
}
