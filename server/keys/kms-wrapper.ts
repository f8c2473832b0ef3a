import type { KeyObject } from 'node:crypto'
import { type Bound, type KeyWrapper, secretKeyOf, type WrappedKey } from './envelope.ts'
import { KeyServiceError } from './key-service-error.ts'
import { type KmsCalls, loadKmsCalls } from './kms-calls.ts'

export type KmsOptions = {
  /** A key's ARN or id, or an alias. */
  keyId: string
  /** The key before it, while data keys are wrapped under that one still. */
  previousKeyId?: string | undefined
  endpoint?: string | undefined
  region?: string | undefined
  /** For one wrapping or unwrapping, with all tries. */
  timeoutMs?: number
  /** What a wrapping is bound to that only asks what the present key is. */
  probe: Bound
  /** Called when it begins to fail, with how, and when it works again, without. */
  onHealth(failure: KeyServiceError | undefined): void
}

/** What `wrappedUnder` begins with here; the key's ARN follows. */
export const kmsKind = 'kms:'

/**
 * Wraps in a key service that speaks AWS KMS's wire. Data keys are bound to their secret and version by the encryption
 * context, as AWS Secrets Manager binds its own; the master key never leaves the service.
 *
 * @see AWS Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets Manager"
 */
export function createKmsWrapper(options: KmsOptions): KeyWrapper {
  const { keyId, previousKeyId, probe } = options
  const call = createCaller(options)

  async function wrap(dataKey: KeyObject, bound: Bound): Promise<WrappedKey> {
    const asked = { KeyId: keyId, Plaintext: dataKey.export(), EncryptionContext: contextOf(bound) }
    const answer = await call(kms => kms.encrypt(asked)).finally(() => asked.Plaintext.fill(0))
    const { CiphertextBlob: blob, KeyId: arn = '' } = answer
    if (blob === undefined || blob.length === 0 || !isOfKey(arn, keyId)) {
      throw new KeyServiceError('refused', 'Encrypt', 'an answer for another key than was asked for')
    }
    return { wrappedKey: Buffer.from(blob), wrappedUnder: kmsKind + arn }
  }

  return {
    wrap,
    async under() {
      // An alias may lead elsewhere by now, which only an answer tells.
      return (await wrap(secretKeyOf(Buffer.alloc(32)), probe)).wrappedUnder
    },
    async unwrap({ wrappedKey, wrappedUnder }, bound) {
      // Always with a key of the operator's: KMS would take any other as well that we may use, also one that whoever
      // writes to our table has wrapped a key of theirs under.
      for (const KeyId of [keyId, ...(previousKeyId === undefined ? [] : [previousKeyId])]) {
        const asked = { KeyId, CiphertextBlob: wrappedKey, EncryptionContext: contextOf(bound) }
        const answer = await call(kms => kms.decrypt(asked))
        if (answer?.Plaintext === undefined || kmsKind + answer.KeyId !== wrappedUnder) continue
        return secretKeyOf(Buffer.from(answer.Plaintext))
      }
      return undefined
    },
  }
}

function createCaller({ endpoint, region, timeoutMs = 8_000, onHealth }: KmsOptions) {
  let loading: Promise<KmsCalls> | undefined
  let isWell = true
  return async <T>(ask: (kms: KmsCalls) => Promise<T>): Promise<T> => {
    try {
      // The first call loads the SDK: whoever needs no key service never has it in memory.
      loading ??= loadKmsCalls({ endpoint, region, timeoutMs })
      const answer = await ask(await loading)
      if (!isWell) onHealth(undefined)
      isWell = true
      return answer
    } catch (error) {
      if (error instanceof KeyServiceError && isWell) {
        isWell = false
        onHealth(error)
      }
      throw error
    }
  }
}

function contextOf({ arn, versionId }: Bound): Record<string, string> {
  return { SecretARN: arn, SecretVersionId: versionId }
}

export function isAlias(keyId: string): boolean {
  return /(?:^|:)alias\//.test(keyId)
}

/** Whether an ARN may be that of a key as it was set. An alias says nothing of the key's ARN; an ARN or an id does. */
export function isOfKey(arn: string, keyId: string): boolean {
  if (!/^arn:[^:]+:kms:[^:]*:[^:]*:key\/.+$/.test(arn)) return false
  if (isAlias(keyId)) return true
  return arn === keyId || arn.endsWith(`:key/${keyId}`)
}
