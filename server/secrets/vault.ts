import { secretArn } from '../base/arn.ts'
import { type Reason, Refusal } from '../base/refusal.ts'
import { type KeyWrapper, openEnvelope, sealEnvelope } from '../keys/envelope.ts'
import { KeyServiceError } from '../keys/key-service-error.ts'
import type { SecretVersion } from '../store/secret-versions.ts'

/** A value as its owner gave it. */
export type SecretValue = { kind: 'string' | 'binary'; bytes: Buffer }

/** Where values are sealed and opened: nowhere else. */
export type Vault = {
  /**
   * @param versionId the ClientRequestToken
   * @throws {Refusal} secret.notEncryptable | secret.keyServiceDown
   */
  seal(secretId: string, versionId: string, value: SecretValue, nowMs: number): Promise<SecretVersion>
  /**
   * @throws {Refusal} secret.notDecryptable for what was not sealed here, for this secret and version |
   *   secret.keyServiceDown
   */
  open(secretId: string, version: SecretVersion): Promise<SecretValue>
}

export function createVault(wrapper: KeyWrapper, accountId: string): Vault {
  const boundTo = (secretId: string, versionId: string) => ({
    arn: secretArn(accountId, secretId),
    versionId,
  })
  return {
    async seal(secretId, versionId, { kind, bytes }, nowMs) {
      // What it is stands inside the seal as well: a row's word for it is anybody's who can write to the table.
      const plain = Buffer.concat([Buffer.of(kinds.indexOf(kind)), bytes])
      const sealing = sealEnvelope(wrapper, plain, boundTo(secretId, versionId))
      const envelope = await sealing.catch(error => refuse(error, 'secret.notEncryptable'))
      return { id: versionId, kind, ...envelope, createdAtMs: nowMs }
    },
    async open(secretId, version) {
      const opening = openEnvelope(wrapper, version, boundTo(secretId, version.id))
      const plain = await opening.catch(error => refuse(error, 'secret.notDecryptable'))
      const kind = plain === undefined ? undefined : kinds[plain[0] ?? kinds.length]
      if (plain === undefined || kind === undefined) {
        throw new Refusal('secret.notDecryptable', { detail: `${secretId}, version ${version.id}` })
      }
      return { kind, bytes: plain.subarray(1) }
    },
  }
}

/** Clients try again what failed because the key service is down, and not what it refuses. */
function refuse(error: unknown, refused: Reason): never {
  if (!(error instanceof KeyServiceError)) throw error
  const reason = error.kind === 'down' ? 'secret.keyServiceDown' : refused
  throw new Refusal(reason, { detail: `the key service, ${error.message}` })
}

const kinds: readonly SecretValue['kind'][] = ['string', 'binary']

export function isSameValue(one: SecretValue, other: SecretValue): boolean {
  return one.kind === other.kind && one.bytes.equals(other.bytes)
}
