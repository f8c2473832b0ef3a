import type { Keyring } from '../keys/keyring.ts'
import { keyIdOf, openRecord, sealRecord } from '../keys/sealed-record.ts'
import type { Store } from '../store/open-store.ts'
import { sealedSettingPrefix } from '../store/settings.ts'

type Resealed = Pick<
  Store,
  'accounts' | 'accessKeys' | 'mfaDevices' | 'rotators' | 'samlProviders' | 'settings'
>

/**
 * Seals under the current master key what rests under the one before it: users' secret access keys, the seeds of
 * their second factors and of own accounts', the signing secrets of
 * rotators, the keys that open assertions and those that sign requests for them. After that the previous one can go, and nobody is locked out.
 *
 * @returns how many there were
 */
export async function resealSecrets(
  { accounts, accessKeys, mfaDevices, rotators, samlProviders, settings }: Resealed,
  keyring: Keyring,
): Promise<number> {
  let count = 0
  for (const { id, sealedSecret } of await accessKeys.listAll()) {
    const sealed = reseal(keyring, sealedSecret, id)
    if (sealed === undefined) continue
    await accessKeys.setSealedSecret(id, sealed)
    count++
  }
  for (const { serialNumber, sealedSeed } of await mfaDevices.list()) {
    const sealed = reseal(keyring, sealedSeed, serialNumber)
    if (sealed === undefined) continue
    await mfaDevices.setSealedSeed(serialNumber, sealed)
    count++
  }
  for (const { subject, sealedTotp } of await accounts.listSealed()) {
    const sealed = reseal(keyring, sealedTotp, subject)
    if (sealed === undefined) continue
    await accounts.setSealedTotp(subject, sealed)
    count++
  }
  for (const { name, sealedSecret } of await rotators.list()) {
    const sealed = reseal(keyring, sealedSecret, `rotator:${name}`)
    if (sealed === undefined) continue
    await rotators.setSealedSecret(name, sealed)
    count++
  }
  for (const { name } of await samlProviders.list()) {
    await samlProviders.change(name, ({ privateKeys }) => ({
      privateKeys: privateKeys.map(key => {
        const sealed = reseal(keyring, Buffer.from(key.sealed, 'base64'), key.id)
        if (sealed !== undefined) count++
        return sealed === undefined ? key : { ...key, sealed: sealed.toString('base64') }
      }),
    }))
  }
  for (const name of await settings.namesWith(sealedSettingPrefix)) {
    const kept = Buffer.from((await settings.find(name)) ?? '', 'base64')
    const sealed = reseal(keyring, kept, name)
    if (sealed === undefined) continue
    await settings.set(name, sealed.toString('base64'))
    count++
  }
  return count
}

/** Undefined for what is under the current key, or can't be opened: that is left as it is, for the key to come back. */
function reseal(keyring: Keyring, sealed: Buffer, bound: string): Buffer | undefined {
  if (keyIdOf(sealed).equals(keyring.currentKeyId)) return undefined
  const plain = openRecord(keyring, 'secret-at-rest', sealed, bound)
  return plain && sealRecord(keyring, 'secret-at-rest', plain, bound)
}
