import { randomUUID } from 'node:crypto'
import * as sm from '@aws-sdk/client-secrets-manager'
import { Refusal } from '../../server/base/refusal.ts'
import {
  type RotationDesk,
  RotationFailure,
  type Rotator,
  rotationSteps,
} from '../../server/secrets/rotation/rotator.ts'

/** A rotation's desk over the wire: what a rotator does is done to a real secret, as a Lambda function of AWS's would. */
export function deskOverTheWire(
  client: sm.SecretsManagerClient,
  secretArn: string,
  token: string = randomUUID(),
): RotationDesk {
  const get = async (wanted: object) => {
    try {
      return await client.send(new sm.GetSecretValueCommand({ SecretId: secretArn, ...wanted }))
    } catch (error) {
      if (error instanceof sm.ResourceNotFoundException) return undefined
      throw error
    }
  }
  return {
    secretArn,
    token,
    async read(stage) {
      const found = await get({ VersionStage: stage })
      return stage === 'AWSPENDING' && found?.VersionId !== token ? undefined : found?.SecretString
    },
    async putPending(value) {
      const putting = new sm.PutSecretValueCommand({
        SecretId: secretArn,
        ClientRequestToken: token,
        SecretString: value,
        VersionStages: ['AWSPENDING'],
      })
      await client.send(putting).catch(error => {
        throw error instanceof sm.ResourceExistsException ? new Refusal('entity.exists') : error
      })
    },
    async readMaster(SecretId) {
      try {
        return String((await client.send(new sm.GetSecretValueCommand({ SecretId }))).SecretString)
      } catch {
        throw new RotationFailure('the master secret can not be read')
      }
    },
    async finish() {
      const current = await get({})
      if (current?.VersionId === token) return
      await client.send(
        new sm.UpdateSecretVersionStageCommand({
          SecretId: secretArn,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: token,
          RemoveFromVersionId: current?.VersionId,
        }),
      )
    },
  }
}

/** All four steps. */
export async function rotate(rotator: Rotator, desk: RotationDesk): Promise<void> {
  for (const step of rotationSteps) await rotator[step](desk, AbortSignal.timeout(60_000))
}
