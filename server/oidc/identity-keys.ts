import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../keys/keyring.ts'
import { keyIdOf, openRecord, sealRecord } from '../keys/sealed-record.ts'
import type { SealedSigningKey, SigningKeys } from '../store/signing-keys.ts'
import {
  algorithmOf,
  type IdentityAlgorithm,
  type IdentityKey,
  identityKeyId,
  publishedKey,
} from '../tokens/sign-identity-token.ts'

export type IdentityKeys = {
  /** The key that signs, made on first use. */
  signing(algorithm: IdentityAlgorithm): Promise<IdentityKey>
  /** The one that verifies what a key of this name has signed. */
  verifying(algorithm: string, kid: string | undefined): Promise<KeyObject | undefined>
  /** All that may have signed, as JWKs, also those of other nodes. */
  published(): Promise<object[]>
}

const generate = promisify(generateKeyPair)
/** Strangers ask for the keys; how often we look for new ones of other nodes is ours to say. */
const freshMs = 2_000

/**
 * The keys of tokens that principals of this account show elsewhere. One a master key and an algorithm, like the key
 * of our bearer tokens: what an earlier master key sealed is published still, and signs no more.
 */
export function createIdentityKeys(deps: {
  signingKeys: SigningKeys
  keyring: Keyring
  clock: Clock
}): IdentityKeys {
  const { signingKeys, keyring, clock } = deps
  const opened = new Map<string, IdentityKey>()
  /** Those that are no identity keys, as they are stored: to open one costs as much as a signature. */
  const others = new Set<string>()
  let listed: { atMs: number; keys: Promise<OpenedKey[]> } | undefined

  async function list(): Promise<OpenedKey[]> {
    return (await signingKeys.list()).flatMap(sealed => open(sealed) ?? [])
  }

  function open(sealed: SealedSigningKey): OpenedKey | undefined {
    const stored = sealed.sealedKey.toString('base64')
    if (others.has(stored)) return undefined
    const key = opened.get(sealed.kid) ?? openKey(keyring, sealed)
    if (key === undefined) return void others.add(stored)
    opened.set(sealed.kid, key)
    return { key, current: keyIdOf(sealed.sealedKey).equals(keyring.currentKeyId) }
  }

  async function make(algorithm: IdentityAlgorithm): Promise<IdentityKey> {
    const privateKey = await generateFor(algorithm)
    const kid = identityKeyId(privateKey)
    const der = privateKey.export({ format: 'der', type: 'pkcs8' })
    const sealedKey = sealRecord(keyring, 'signing-key-at-rest', der, kid)
    const slot = `${keyring.currentKeyId.toString('hex')}:${algorithm}`
    await signingKeys.addFirst(slot, { kid, sealedKey, createdAtMs: clock() })
    listed = undefined
    const kept = currentOf(await list(), algorithm)
    if (kept === undefined) throw new Error(`the ${algorithm} key of this master key is gone`)
    return kept
  }

  function listFresh(): Promise<OpenedKey[]> {
    if (listed === undefined || clock() - listed.atMs > freshMs) listed = { atMs: clock(), keys: list() }
    return listed.keys
  }

  return {
    async signing(algorithm) {
      return currentOf(await list(), algorithm) ?? make(algorithm)
    },
    async verifying(algorithm, kid) {
      const found = (await listFresh()).find(({ key }) => key.kid === kid && key.algorithm === algorithm)
      // A private key verifies as well.
      return found?.key.privateKey
    },
    async published() {
      return (await listFresh()).map(({ key }) => publishedKey(key))
    },
  }
}

type OpenedKey = { key: IdentityKey; current: boolean }

function currentOf(keys: readonly OpenedKey[], algorithm: IdentityAlgorithm): IdentityKey | undefined {
  return keys.find(({ key, current }) => current && key.algorithm === algorithm)?.key
}

/** Undefined for a key that is for something else, or that the keyring can't open any more. */
function openKey(keyring: Keyring, { kid, sealedKey }: SealedSigningKey): IdentityKey | undefined {
  const der = openRecord(keyring, 'signing-key-at-rest', sealedKey, kid)
  if (der === undefined) return undefined
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const algorithm = algorithmOf(privateKey)
  return algorithm && { kid, algorithm, privateKey }
}

async function generateFor(algorithm: IdentityAlgorithm): Promise<KeyObject> {
  const { privateKey } =
    algorithm === 'RS256'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'P-384' })
  return privateKey
}
