import { defineAction } from '../aws/action.ts'
import { flag, list, optional, params, structure, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, requireSecret } from './find-secret.ts'
import * as given from './parameters.ts'

/**
 * There is one region here: every node has every secret already, by the database that they share.
 *
 * @throws {Refusal} entity.invalid
 */
export function refuseReplication(): never {
  const message = 'Secrets are not replicated: there is one region, and every node of it has them.'
  throw new Refusal('entity.invalid', { said: { message } })
}

const region = text({ min: 1, max: 128 })

/** @see AWS Secrets Manager API reference, ReplicateSecretToRegions */
export const replicateSecretToRegions = defineAction({
  name: 'ReplicateSecretToRegions',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    AddReplicaRegions: list(structure({ Region: region, KmsKeyId: given.kmsKeyId }), { min: 1, max: 60 }),
    ForceOverwriteReplicaSecret: optional(flag()),
  }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('ReplicateSecretToRegions', SecretId, deps),
  async handle(_asked, deps, call) {
    await requireSecret(call, deps)
    return refuseReplication()
  },
})

/** @see AWS Secrets Manager API reference, RemoveRegionsFromReplication */
export const removeRegionsFromReplication = defineAction({
  name: 'RemoveRegionsFromReplication',
  auth: 'signed',
  writes: true,
  input: params({ SecretId: given.secretId, RemoveReplicaRegions: list(region, { min: 1, max: 60 }) }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('RemoveRegionsFromReplication', SecretId, deps),
  async handle(_asked, deps, call) {
    await requireSecret(call, deps)
    return refuseReplication()
  },
})

/** @see AWS Secrets Manager API reference, StopReplicationToReplica */
export const stopReplicationToReplica = defineAction({
  name: 'StopReplicationToReplica',
  auth: 'signed',
  writes: true,
  input: params({ SecretId: given.secretId }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('StopReplicationToReplica', SecretId, deps),
  async handle(_asked, deps, call) {
    await requireSecret(call, deps)
    return refuseReplication()
  },
})
