import { samlProviderName } from '../base/arn.ts'
import type { Keyring } from '../keys/keyring.ts'
import { openRecord } from '../keys/sealed-record.ts'
import { readMetadata } from '../saml/read-metadata.ts'
import type { SamlProviderRecord } from '../saml/verify-response.ts'
import type { SamlProvider, SamlProviders } from '../store/saml-providers.ts'

export type SamlProviderLookupDeps = {
  samlProviders: Pick<SamlProviders, 'find'>
  keyring: Keyring
  accountId: string
}

/** The SAML providers that are registered, by their ARNs, with what opens and what checks their assertions. */
export function createSamlProviderLookup({ samlProviders, keyring, accountId }: SamlProviderLookupDeps) {
  // The store answers the same object until something changes: metadata are read once.
  const records = new WeakMap<SamlProvider, SamlProviderRecord>()

  return async (arn: string): Promise<SamlProviderRecord | undefined> => {
    const name = samlProviderName(arn, accountId)
    const provider = name === undefined ? undefined : await samlProviders.find(name)
    if (provider === undefined) return undefined
    const known = records.get(provider)
    if (known !== undefined) return known
    const record = {
      ...readMetadata(provider.metadata),
      arn,
      name: provider.name,
      decryptionKeys: provider.privateKeys.flatMap(({ id, sealed }) => {
        const plain = openRecord(keyring, 'secret-at-rest', Buffer.from(sealed, 'base64'), id)
        return plain?.toString('utf8') ?? []
      }),
      encryptionRequired: provider.encryption === 'Required',
    }
    records.set(provider, record)
    return record
  }
}
