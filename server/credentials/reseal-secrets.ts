import type { Keyring } from '../keys/keyring.ts'
import { keyIdOf, openRecord, sealRecord } from '../keys/sealed-record.ts'
import { listSealedRecords, type SealedStore } from './sealed-records.ts'

/**
 * Seals under the current master key what rests under the one before it. After that the previous one can go, and nobody
 * is locked out. What is changed meanwhile, as by another node, is left as it is.
 *
 * @returns how many there were
 */
export async function resealSecrets(store: SealedStore, keyring: Keyring): Promise<number> {
  let count = 0
  for (const { sealed, bound, replace } of await listSealedRecords(store)) {
    const resealed = reseal(keyring, sealed, bound)
    if (resealed === undefined) continue
    await replace(resealed)
    count++
  }
  return count
}

/** How many of those records rest under another master key than the present one. */
export async function countSealedElsewhere(store: SealedStore, keyring: Keyring): Promise<number> {
  const records = await listSealedRecords(store)
  return records.filter(({ sealed }) => !keyIdOf(sealed).equals(keyring.currentKeyId)).length
}

/** Undefined for what is under the current key, or can't be opened: that is left as it is, for the key to come back. */
function reseal(keyring: Keyring, sealed: Buffer, bound: string): Buffer | undefined {
  if (keyIdOf(sealed).equals(keyring.currentKeyId)) return undefined
  const plain = openRecord(keyring, 'secret-at-rest', sealed, bound)
  return plain && sealRecord(keyring, 'secret-at-rest', plain, bound)
}
