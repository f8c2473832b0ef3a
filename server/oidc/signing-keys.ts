import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../keys/keyring.ts'
import { openRecord, sealRecord } from '../keys/sealed-record.ts'
import type { SigningKeys } from '../store/signing-keys.ts'
import { type SigningKey, thumbprint } from '../tokens/sign-access-token.ts'

type Deps = { signingKeys: SigningKeys; keyring: Keyring; clock: Clock }

/**
 * The keys that sign our own tokens, newest first, made on first use. They rest sealed; one that the
 * keyring can't open any more (its master key is gone) is left where it is and replaced by a new one.
 */
export async function loadSigningKeys(deps: Deps): Promise<[SigningKey, ...SigningKey[]]> {
  const stored = await deps.signingKeys.list()
  const [newest, ...older] = stored.flatMap(({ kid, sealedKey }) => {
    const der = openRecord(deps.keyring, 'signing-key-at-rest', sealedKey, kid)
    return der === undefined ? [] : [{ kid, privateKey: fromDer(der) }]
  })
  return newest === undefined ? [await makeSigningKey(deps)] : [newest, ...older]
}

async function makeSigningKey({ signingKeys, keyring, clock }: Deps): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = thumbprint(privateKey)
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  const sealedKey = sealRecord(keyring, 'signing-key-at-rest', der, kid)
  await signingKeys.add({ kid, sealedKey, createdAtMs: clock() })
  return { kid, privateKey }
}

function fromDer(der: Buffer): KeyObject {
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}
