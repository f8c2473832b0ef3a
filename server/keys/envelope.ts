import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import type { Keyring } from './keyring.ts'
import { openRecord, sealRecord } from './sealed-record.ts'

/** What wraps data keys: our own master key, or a key service elsewhere. */
export type KeyWrapper = {
  /** What new keys are wrapped under, by a name that is no secret. */
  under: string
  /** @param bound what must be the same on unwrapping */
  wrap(dataKey: Buffer, bound: Bound): Promise<Buffer>
  /** Undefined for what this did not wrap so. */
  unwrap(wrapped: Buffer, bound: Bound): Promise<Buffer | undefined>
}

/** What a sealed value is of: one that lies in another's place does not open. */
export type Bound = { arn: string; versionId: string }

export type Envelope = { wrappedKey: Buffer; wrappedUnder: string; sealedValue: Buffer }

const version = 1
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + nonceBytes

/**
 * Seals a value under a data key of its own, and wraps that: `version (1) | nonce (12) | AES-256-GCM ciphertext | tag
 * (16)`. A change of the master key wraps data keys anew and touches no value.
 */
export async function sealEnvelope(wrapper: KeyWrapper, plain: Buffer, bound: Bound): Promise<Envelope> {
  const dataKey = randomBytes(32)
  const head = Buffer.concat([Buffer.of(version), randomBytes(nonceBytes)])
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(dataKey), head.subarray(1))
  cipher.setAAD(associatedData(head, bound))
  const sealedValue = Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  const wrappedKey = await wrapper.wrap(dataKey, bound)
  dataKey.fill(0)
  return { wrappedKey, wrappedUnder: wrapper.under, sealedValue }
}

/** The value, or undefined for anything that was not sealed so, for this secret and version. */
export async function openEnvelope(
  wrapper: KeyWrapper,
  { wrappedKey, sealedValue }: Pick<Envelope, 'wrappedKey' | 'sealedValue'>,
  bound: Bound,
): Promise<Buffer | undefined> {
  if (sealedValue.length < headBytes + tagBytes || sealedValue[0] !== version) return undefined
  const dataKey = await wrapper.unwrap(wrappedKey, bound)
  if (dataKey?.length !== 32) return undefined
  const head = sealedValue.subarray(0, headBytes)
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(dataKey), head.subarray(1), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(associatedData(head, bound))
  decipher.setAuthTag(sealedValue.subarray(sealedValue.length - tagBytes))
  const plain = decipher.update(sealedValue.subarray(headBytes, sealedValue.length - tagBytes))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plain
}

/** Wraps under the master key. What is wrapped under the one before it opens as well. */
export function createKeyringWrapper(keyring: Keyring): KeyWrapper {
  return {
    under: `keyring:${keyring.currentKeyId.toString('hex')}`,
    wrap: async (dataKey, bound) => sealRecord(keyring, 'data-key-wrap', dataKey, textOf(bound)),
    unwrap: async (wrapped, bound) => openRecord(keyring, 'data-key-wrap', wrapped, textOf(bound)),
  }
}

function associatedData(head: Buffer, bound: Bound): Buffer {
  return Buffer.concat([head, Buffer.from(textOf(bound))])
}

/** Neither part has a line break, so that no two say the same. */
function textOf({ arn, versionId }: Bound): string {
  return `${arn}\n${versionId}`
}
