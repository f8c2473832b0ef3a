import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Keyring } from './keyring.ts'
import { openRecord, sealRecord } from './sealed-record.ts'

/**
 * What wraps data keys: our own master key, or a key service elsewhere, which may fail with a `KeyServiceError`. Data keys
 * are KeyObjects: nobody who reads with one can change it for others, and no log prints it.
 */
export type KeyWrapper = {
  /** What new keys are wrapped under at present, by a name that is no secret. A key service is asked for it. */
  under(): Promise<string>
  /** @param bound what must be the same on unwrapping */
  wrap(dataKey: KeyObject, bound: Bound): Promise<WrappedKey>
  /** Undefined for what this did not wrap so. */
  unwrap(wrapped: WrappedKey, bound: Bound): Promise<KeyObject | undefined>
  /** For those that remember: what they unwrapped does not open the value. */
  forget?(wrapped: WrappedKey): void
}

/** What a sealed value is of: one that lies in another's place does not open. */
export type Bound = { arn: string; versionId: string }

/** `wrappedUnder` begins with the kind of wrapper, before a colon. */
export type WrappedKey = { wrappedKey: Buffer; wrappedUnder: string }

export type Envelope = WrappedKey & { sealedValue: Buffer }

const version = 1
const nonceBytes = 12
const tagBytes = 16
const dataKeyBytes = 32
const headBytes = 1 + nonceBytes

/**
 * Seals a value under a data key of its own, and wraps that: `version (1) | nonce (12) | AES-256-GCM ciphertext | tag
 * (16)`. A change of the master key wraps data keys anew and touches no value.
 */
export async function sealEnvelope(wrapper: KeyWrapper, plain: Buffer, bound: Bound): Promise<Envelope> {
  const dataKey = secretKeyOf(randomBytes(dataKeyBytes))
  const head = Buffer.concat([Buffer.of(version), randomBytes(nonceBytes)])
  const cipher = createCipheriv('aes-256-gcm', dataKey, head.subarray(1))
  cipher.setAAD(associatedData(head, bound))
  const sealedValue = Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { ...(await wrapper.wrap(dataKey, bound)), sealedValue }
}

/** Of bytes that are nobody's from here on. */
export function secretKeyOf(bytes: Buffer): KeyObject {
  try {
    return createSecretKey(bytes)
  } finally {
    bytes.fill(0)
  }
}

/** The value, or undefined for anything that was not sealed so, for this secret and version. */
export async function openEnvelope(
  wrapper: KeyWrapper,
  { wrappedKey, wrappedUnder, sealedValue }: Envelope,
  bound: Bound,
): Promise<Buffer | undefined> {
  if (sealedValue.length < headBytes + tagBytes || sealedValue[0] !== version) return undefined
  const dataKey = await wrapper.unwrap({ wrappedKey, wrappedUnder }, bound)
  if (dataKey?.symmetricKeySize !== dataKeyBytes) return undefined
  const plain = openValue(sealedValue, dataKey, bound)
  if (plain === undefined) wrapper.forget?.({ wrappedKey, wrappedUnder })
  return plain
}

function openValue(sealedValue: Buffer, dataKey: KeyObject, bound: Bound): Buffer | undefined {
  const head = sealedValue.subarray(0, headBytes)
  const decipher = createDecipheriv('aes-256-gcm', dataKey, head.subarray(1), { authTagLength: tagBytes })
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
  const under = `keyring:${keyring.currentKeyId.toString('hex')}`
  // The store answers the same row until something changes: each key is unwrapped once. The master key, which opens
  // them all, is in the same memory.
  const unwrapped = new WeakMap<Buffer, { dataKey: KeyObject; boundTo: string }>()
  return {
    under: async () => under,
    async wrap(dataKey, bound) {
      const bytes = dataKey.export()
      const wrappedKey = sealRecord(keyring, 'data-key-wrap', bytes, textOf(bound))
      bytes.fill(0)
      return { wrappedKey, wrappedUnder: under }
    },
    async unwrap({ wrappedKey }, bound) {
      const boundTo = textOf(bound)
      const known = unwrapped.get(wrappedKey)
      if (known?.boundTo === boundTo) return known.dataKey
      const bytes = openRecord(keyring, 'data-key-wrap', wrappedKey, boundTo)
      if (bytes === undefined) return undefined
      const dataKey = secretKeyOf(bytes)
      unwrapped.set(wrappedKey, { dataKey, boundTo })
      return dataKey
    },
  }
}

/**
 * Wraps by the first, and unwraps by whichever is of the kind that the row names. A row that names another's kind than its
 * own does not open: each wrapper judges for itself what it wrapped.
 */
export function combineWrappers(
  present: KeyWrapper,
  kinds: Readonly<Record<string, KeyWrapper>>,
): KeyWrapper {
  const find = ({ wrappedUnder }: WrappedKey) => {
    const kind = wrappedUnder.slice(0, wrappedUnder.indexOf(':'))
    return Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  }
  return {
    under: () => present.under(),
    wrap: (dataKey, bound) => present.wrap(dataKey, bound),
    unwrap: async (wrapped, bound) => find(wrapped)?.unwrap(wrapped, bound),
    forget: wrapped => find(wrapped)?.forget?.(wrapped),
  }
}

function associatedData(head: Buffer, bound: Bound): Buffer {
  return Buffer.concat([head, Buffer.from(textOf(bound))])
}

/** No ARN has a line break, so that no two say the same. */
function textOf({ arn, versionId }: Bound): string {
  return `${arn}\n${versionId}`
}
