import type { Keyring } from '../keys/keyring.ts'
import { openRecord, sealRecord } from '../keys/sealed-record.ts'
import type { AccessKey } from '../store/access-keys.ts'
import { createSigningSecret, type SigningSecret } from './signing-secret.ts'

/** The secrets of long-term access keys. They rest sealed: a copied database signs nothing. */
export type KeySecrets = {
  /** @throws {Error} when it was sealed under a master key that is not ours any more */
  open(key: Pick<AccessKey, 'id' | 'sealedSecret'>): SigningSecret
  seal(id: string, secret: string): Buffer
}

export function createKeySecrets(keyring: Keyring): KeySecrets {
  // The store answers the same object until something changes: each is opened once.
  const opened = new WeakMap<object, SigningSecret>()
  return {
    open(key) {
      const known = opened.get(key)
      if (known !== undefined) return known
      const plain = openRecord(keyring, 'secret-at-rest', key.sealedSecret, key.id)
      if (plain === undefined) throw new Error(`the secret of access key ${key.id} can't be opened`)
      const secret = createSigningSecret(plain.toString('utf8'))
      opened.set(key, secret)
      return secret
    },
    seal: (id, secret) => sealRecord(keyring, 'secret-at-rest', Buffer.from(secret), id),
  }
}
