import { defineAction } from '../../aws/action.ts'
import { params } from '../../aws/params.ts'
import { secretArn } from '../../base/arn.ts'
import { Refusal } from '../../base/refusal.ts'
import type { RunningRotation } from '../../store/secrets.ts'
import type { SecretsDeps } from '../deps.ts'
import { onSecret, requireSecret, requireUndeleted } from '../find-secret.ts'
import * as given from '../parameters.ts'
import { noteAbandoned } from './rotation-events.ts'
import { ended } from './rotation-state.ts'

/**
 * Turns rotation off, and gives up the one that is under way. Its stages stay as they are: whether its password is the
 * one that works, whoever cancels it has to find out.
 *
 * @throws {Refusal} entity.missing | secret.state
 * @see AWS Secrets Manager API reference, CancelRotateSecret
 */
export const cancelRotateSecret = defineAction({
  name: 'CancelRotateSecret',
  auth: 'signed',
  writes: true,
  input: params({ SecretId: given.secretId }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('CancelRotateSecret', SecretId, deps),
  async handle(_asked, deps, call) {
    const { id, name } = await requireSecret(call, deps)
    const nowMs = deps.clock()
    let running: RunningRotation | undefined
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      const { rotation } = secret
      if (rotation?.lambdaArn === undefined) {
        const message = 'No Lambda rotation function ARN is associated with this secret.'
        throw new Refusal('secret.state', { said: { message } })
      }
      running = rotation.running
      return ended({ ...secret, rotation: { ...rotation, enabled: false } }, nowMs)
    })
    await noteAbandoned(id, running, nowMs, { ...deps, history: deps.rotation.history })
    return { ARN: secretArn(deps.accountId, id), Name: name, VersionId: running?.token }
  },
})
