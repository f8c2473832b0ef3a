import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { type Keyring, keyIdBytes, type Purpose } from './keyring.ts'
import { randomSalt } from './random-salt.ts'

const version = 1
const saltBytes = 16
const tagBytes = 16
const headBytes = 1 + keyIdBytes + saltBytes
/** How many bytes longer a record is than what it seals. */
export const sealedOverhead = headBytes + tagBytes

/**
 * Seals bytes: `version (1) | key id (4) | salt (16) | AES-256-GCM ciphertext | tag (16)`.
 *
 * Each record has an AEAD key of its own: key and nonce are both drawn from
 * HMAC-SHA512(purpose key, salt). Under one shared key, random 96-bit nonces may be used for no
 * more than 2^32 records (NIST SP 800-38D, section 8.3) before a repeated nonce, which gives the
 * authentication key away, becomes likelier than 2^-32; at 10,000 tokens a second that is five
 * days. With a 128-bit salt choosing 256 bits of key and the nonce beside it, two records share
 * both only when two salts do: after 2^48 records (nine centuries at that rate) the odds are
 * still 2^-33.
 *
 * `bound` is associated data: what must be the same on opening, such as a table's row id, so that
 * one record can't be put in another's place.
 */
export function sealRecord(keyring: Keyring, purpose: Purpose, plain: Buffer, bound: string): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head[0] = version
  keyring.currentKeyId.copy(head, 1)
  randomSalt(saltBytes).copy(head, 1 + keyIdBytes)
  const { key, nonce } = recordKey(keyring.current(purpose), head.subarray(1 + keyIdBytes))
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(associatedData(head, bound))
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** The sealed bytes, or undefined for anything that this keyring and purpose did not seal so. */
export function openRecord(
  keyring: Keyring,
  purpose: Purpose,
  sealed: Buffer,
  bound: string,
): Buffer | undefined {
  if (sealed.length < headBytes + tagBytes || sealed[0] !== version) return undefined
  const head = sealed.subarray(0, headBytes)
  const purposeKey = keyring.find(purpose, head.subarray(1, 1 + keyIdBytes))
  if (purposeKey === undefined) return undefined
  const { key, nonce } = recordKey(purposeKey, head.subarray(1 + keyIdBytes))
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associatedData(head, bound))
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const plain = decipher.update(sealed.subarray(headBytes, sealed.length - tagBytes))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plain
}

/** The id of the master key that a record names. Says nothing of whether the record is genuine. */
export function keyIdOf(sealed: Buffer): Buffer {
  return sealed.subarray(1, 1 + keyIdBytes)
}

/** The key as a KeyObject: given as bytes, it would cost the cipher three times its own work to look at. */
function recordKey(purposeKey: KeyObject, salt: Buffer): { key: KeyObject; nonce: Buffer } {
  const derived = createHmac('sha512', purposeKey).update(salt).digest()
  return { key: createSecretKey(derived.subarray(0, 32)), nonce: derived.subarray(32, 44) }
}

function associatedData(head: Buffer, bound: string): Buffer {
  return Buffer.concat([head, Buffer.from(bound)])
}
