import type { Keyring } from '../keys/keyring.ts'
import { keyIdOf } from '../keys/sealed-record.ts'
import type { Store } from '../store/open-store.ts'
import { sealedSettingPrefix } from '../store/settings.ts'

type Sealed = Pick<
  Store,
  'accounts' | 'accessKeys' | 'mfaDevices' | 'rotators' | 'samlProviders' | 'settings'
>

/** How many of the records that `resealSecrets` seals anew rest under another master key than the present one. */
export async function countSealedElsewhere(
  { accounts, accessKeys, mfaDevices, rotators, samlProviders, settings }: Sealed,
  keyring: Keyring,
): Promise<number> {
  const names = await settings.namesWith(sealedSettingPrefix)
  const kept = await Promise.all(names.map(name => settings.find(name)))
  const sealed = [
    ...(await accessKeys.listAll()).map(key => key.sealedSecret),
    ...(await mfaDevices.list()).map(device => device.sealedSeed),
    ...(await rotators.list()).map(rotator => rotator.sealedSecret),
    ...(await accounts.listSealed()).map(account => account.sealedTotp),
    ...(await samlProviders.list()).flatMap(provider =>
      provider.privateKeys.map(key => Buffer.from(key.sealed, 'base64')),
    ),
    ...kept.flatMap(text => (text === undefined ? [] : [Buffer.from(text, 'base64')])),
  ]
  return sealed.filter(bytes => !keyIdOf(bytes).equals(keyring.currentKeyId)).length
}
