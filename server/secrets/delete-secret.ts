import { defineAction } from '../aws/action.ts'
import { flag, integer, optional, params } from '../aws/params.ts'
import { secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import {
  findAuthorized,
  onSecret,
  parametersContext,
  requireAnySecret,
  requireUndeleted,
} from './find-secret.ts'
import * as given from './parameters.ts'
import { resumed } from './rotation/rotation-state.ts'

const dayMs = 24 * 3_600_000
/** @see AWS Secrets Manager API reference, DeleteSecret, RecoveryWindowInDays */
const recovery = { fewest: 7, most: 30, usual: 30 }

/**
 * Marks a secret for deletion, or deletes it at once.
 *
 * @throws {Refusal} entity.missing (not where it is forced) | entity.invalid | secret.state
 * @see AWS Secrets Manager API reference, DeleteSecret
 */
export const deleteSecret = defineAction({
  name: 'DeleteSecret',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    RecoveryWindowInDays: optional(integer({ min: -1_000_000, max: 1_000_000 })),
    ForceDeleteWithoutRecovery: optional(flag(), false),
  }),
  permission: ({ SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery }, deps: SecretsDeps) =>
    onSecret(
      'DeleteSecret',
      SecretId,
      deps,
      parametersContext({ RecoveryWindowInDays, ForceDeleteWithoutRecovery }),
    ),
  recorded: ({ RecoveryWindowInDays, ForceDeleteWithoutRecovery }) => ({
    recoveryWindowInDays: RecoveryWindowInDays,
    forceDeleteWithoutRecovery: ForceDeleteWithoutRecovery,
  }),
  async handle({ SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: isForced }, deps, call) {
    requireWindow(days, isForced)
    const nowMs = deps.clock()
    if (isForced) return deleteAtOnce(await findAuthorized(call, deps), SecretId, nowMs, deps)
    const { id, name } = await requireAnySecret(call, deps)
    const purgeAtMs = nowMs + (days ?? recovery.usual) * dayMs
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      return { deletedAtMs: nowMs, purgeAtMs, rotationDueAtMs: undefined }
    })
    return { ARN: secretArn(deps.accountId, id), Name: name, DeletionDate: purgeAtMs / 1000 }
  },
})

/** Also of one that is not there: whoever asks for it to be gone has what they want. */
async function deleteAtOnce(secret: Secret | undefined, given: string, nowMs: number, deps: SecretsDeps) {
  if (secret !== undefined) await deps.secrets.delete(secret.id)
  const name = secret?.name ?? given
  const arn = secretArn(deps.accountId, secret?.id ?? given)
  return { ARN: given.startsWith('arn:') ? given : arn, Name: name, DeletionDate: nowMs / 1000 }
}

function requireWindow(days: number | undefined, isForced: boolean): void {
  if (isForced && days !== undefined) {
    throw invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
  }
  if (days !== undefined && (days < recovery.fewest || days > recovery.most)) {
    throw invalid('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
  }
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}

/**
 * @throws {Refusal} entity.missing
 * @see AWS Secrets Manager API reference, RestoreSecret
 */
export const restoreSecret = defineAction({
  name: 'RestoreSecret',
  auth: 'signed',
  writes: true,
  input: params({ SecretId: given.secretId }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('RestoreSecret', SecretId, deps),
  async handle(_asked, deps, call) {
    const { id, name } = await requireAnySecret(call, deps)
    await deps.secrets.change(id, secret => {
      const back = secret.deletedAtMs === undefined ? {} : resumed(secret, deps.clock())
      return { ...back, deletedAtMs: undefined, purgeAtMs: undefined }
    })
    deps.rotation.wake()
    return { ARN: secretArn(deps.accountId, id), Name: name }
  },
})
