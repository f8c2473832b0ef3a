import { defineAction } from '../../aws/action.ts'
import { params } from '../../aws/params.ts'
import { secretArn } from '../../base/arn.ts'
import type { SecretsDeps } from '../deps.ts'
import { onSecret, requireAnySecret } from '../find-secret.ts'
import * as given from '../parameters.ts'

/**
 * How the latest rotations of a secret went: which step each reached, and why it failed. Newest first. Rolecall's own.
 *
 * @throws {Refusal} entity.missing
 */
export const listSecretRotations = defineAction({
  name: 'ListSecretRotations',
  auth: 'signed',
  input: params({ SecretId: given.secretId }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('ListSecretRotations', SecretId, deps),
  async handle(_asked, deps, call) {
    const { id, name, deletedAtMs } = await requireAnySecret(call, deps)
    const rotations = await deps.rotation.history.list(id)
    return {
      ARN: secretArn(deps.accountId, id),
      Name: name,
      Rotations: rotations.map(one => ({
        VersionId: one.token,
        Kind: one.kind,
        // Marked for deletion, it goes on when it is restored, and not before.
        State: one.endedAtMs === undefined && deletedAtMs !== undefined ? 'paused' : one.state,
        Step: one.step,
        Attempts: one.attempts,
        Reason: one.reason,
        StartedDate: one.startedAtMs / 1000,
        EndedDate: one.endedAtMs === undefined ? undefined : one.endedAtMs / 1000,
      })),
    }
  },
})
