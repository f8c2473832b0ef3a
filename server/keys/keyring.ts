import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/**
 * What a derived key may be used for. Each is an HKDF label of its own, so that a value made for
 * one purpose can never be replayed as another's.
 */
export type Purpose =
  | 'session-token-seal'
  | 'session-secret-key'
  | 'cookie-signature'
  | 'signing-key-at-rest'
  | 'secret-at-rest'
  | 'encoded-message'
  | 'account-ticket'
  | 'data-key-wrap'

/** Four bytes that say which master key made a value. Public: it travels in every sealed token. */
export const keyIdBytes = 4

export type Keyring = {
  /** The key id that new values are made under. */
  currentKeyId: Buffer
  /** The derived key under the current master key. */
  current(purpose: Purpose): KeyObject
  /** The derived key under the master key of that id; undefined when it is none of ours. */
  find(purpose: Purpose, keyId: Uint8Array): KeyObject | undefined
  /** Current first: for values, such as cookies, that carry no key id. */
  all(purpose: Purpose): KeyObject[]
}

const purposes: readonly Purpose[] = [
  'session-token-seal',
  'session-secret-key',
  'cookie-signature',
  'signing-key-at-rest',
  'secret-at-rest',
  'encoded-message',
  'account-ticket',
  'data-key-wrap',
]

type Ring = { keyId: Buffer; derived: ReadonlyMap<Purpose, KeyObject> }

/**
 * @param masterKeys 32 bytes each; the first makes new values, all of them open old ones.
 * @see RFC 5869 (HKDF). The salt is empty because the input is already a uniformly random key.
 */
export function createKeyring(masterKeys: readonly Buffer[]): Keyring {
  const rings = masterKeys.map(openRing)
  const [first] = rings
  if (first === undefined) throw new TypeError('a keyring needs a master key')

  return {
    currentKeyId: first.keyId,
    current: purpose => derivedKey(first, purpose),
    find(purpose, keyId) {
      const ring = rings.find(one => one.keyId.equals(keyId))
      return ring && derivedKey(ring, purpose)
    },
    all: purpose => rings.map(ring => derivedKey(ring, purpose)),
  }
}

function openRing(masterKey: Buffer): Ring {
  if (masterKey.length !== 32) throw new TypeError('a master key has 32 bytes')
  const derived = new Map(purposes.map(purpose => [purpose, createSecretKey(derive(masterKey, purpose, 32))]))
  return { keyId: derive(masterKey, 'key-id', keyIdBytes), derived }
}

function derive(masterKey: Buffer, label: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', `rolecall/v1/${label}`, bytes))
}

function derivedKey(ring: Ring, purpose: Purpose): KeyObject {
  const key = ring.derived.get(purpose)
  if (key === undefined) throw new TypeError(`no key is derived for ${purpose}`)
  return key
}
