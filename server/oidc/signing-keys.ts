import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../keys/keyring.ts'
import { keyIdOf, openRecord, sealRecord } from '../keys/sealed-record.ts'
import type { SigningKeys } from '../store/signing-keys.ts'
import { type SigningKey, thumbprint } from '../tokens/sign-access-token.ts'

type Deps = { signingKeys: SigningKeys; keyring: Keyring; clock: Clock }

/**
 * The keys of our own tokens, made on first use: first the one that signs, then those that are only published
 * still, newest first. They rest sealed.
 *
 * Only a key that rests under the current master key signs. When the master key is changed, perhaps because
 * it leaked, what it sealed is not trusted to sign any longer; it verifies older tokens while the previous
 * master key is there. A key that the keyring can't open any more is left where it is.
 */
export async function loadSigningKeys(deps: Deps): Promise<[SigningKey, ...SigningKey[]]> {
  const opened = await openKeys(deps)
  const signing = opened.find(({ current }) => current)?.key ?? (await makeSigningKey(deps))
  const published = opened.map(({ key }) => key).filter(({ kid }) => kid !== signing.kid)
  return [signing, ...published]
}

type OpenedKey = { current: boolean; key: SigningKey }

async function openKeys({ signingKeys, keyring }: Deps): Promise<OpenedKey[]> {
  return (await signingKeys.list()).flatMap(({ kid, sealedKey }) => {
    const der = openRecord(keyring, 'signing-key-at-rest', sealedKey, kid)
    if (der === undefined) return []
    const current = keyIdOf(sealedKey).equals(keyring.currentKeyId)
    const privateKey = fromDer(der)
    // Beside them are the keys of tokens that go elsewhere: they sign nothing of ours.
    if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return []
    return [{ current, key: { kid, privateKey } }]
  })
}

/** One for each master key: of nodes that start at once, all take the one that the first of them made. */
async function makeSigningKey(deps: Deps): Promise<SigningKey> {
  const { signingKeys, keyring, clock } = deps
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = thumbprint(privateKey)
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  const sealedKey = sealRecord(keyring, 'signing-key-at-rest', der, kid)
  await signingKeys.addFirst(keyring.currentKeyId.toString('hex'), { kid, sealedKey, createdAtMs: clock() })
  const kept = (await openKeys(deps)).find(({ current }) => current)
  if (kept === undefined) throw new Error('the signing key of this master key is gone')
  return kept.key
}

function fromDer(der: Buffer): KeyObject {
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}
