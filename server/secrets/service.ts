import { bindAction } from '../aws/action.ts'
import type { JsonService } from '../aws/json-protocol.ts'
import { batchGetSecretValue } from './batch-get-secret-value.ts'
import { createSecret } from './create-secret.ts'
import {
  listDatabaseLeases,
  renewDatabaseLease,
  revokeDatabaseLease,
} from './database-roles/database-leases.ts'
import {
  deleteDatabaseRole,
  describeDatabaseRole,
  listDatabaseRoles,
  putDatabaseRole,
} from './database-roles/database-roles.ts'
import type { DatabaseRoleDeps } from './database-roles/deps.ts'
import { generateDatabaseCredentials } from './database-roles/generate-database-credentials.ts'
import { deleteSecret, restoreSecret } from './delete-secret.ts'
import type { SecretsDeps } from './deps.ts'
import { describeSecret, listSecretVersionIds } from './describe-secret.ts'
import { secretsFaults } from './faults.ts'
import { getRandomPassword } from './get-random-password.ts'
import { getSecretValue } from './get-secret-value.ts'
import { listSecrets } from './list-secrets.ts'
import { putSecretValue, updateSecret } from './put-secret-value.ts'
import {
  removeRegionsFromReplication,
  replicateSecretToRegions,
  stopReplicationToReplica,
} from './replication.ts'
import {
  deleteResourcePolicy,
  getResourcePolicy,
  putResourcePolicy,
  validateResourcePolicy,
} from './resource-policy.ts'
import { cancelRotateSecret } from './rotation/cancel-rotate-secret.ts'
import { listSecretRotations } from './rotation/list-secret-rotations.ts'
import { deleteRotator, listRotators, putRotator } from './rotation/registered/registered-rotators.ts'
import { rotateSecret } from './rotation/rotate-secret.ts'
import { tagResource, untagResource } from './tags.ts'
import { updateSecretVersionStage } from './version-stages.ts'

export function createSecretsService(deps: SecretsDeps): JsonService {
  const actions = [
    bindAction(batchGetSecretValue, deps),
    bindAction(cancelRotateSecret, deps),
    bindAction(createSecret, deps),
    bindAction(deleteResourcePolicy, deps),
    bindAction(deleteRotator, deps),
    bindAction(deleteSecret, deps),
    bindAction(describeSecret, deps),
    bindAction(getRandomPassword, deps),
    bindAction(getResourcePolicy, deps),
    bindAction(getSecretValue, deps),
    bindAction(listRotators, deps),
    bindAction(listSecretRotations, deps),
    bindAction(listSecretVersionIds, deps),
    bindAction(listSecrets, deps),
    bindAction(putResourcePolicy, deps),
    bindAction(putRotator, deps),
    bindAction(putSecretValue, deps),
    bindAction(removeRegionsFromReplication, deps),
    bindAction(replicateSecretToRegions, deps),
    bindAction(restoreSecret, deps),
    bindAction(rotateSecret, deps),
    bindAction(stopReplicationToReplica, deps),
    bindAction(tagResource, deps),
    bindAction(untagResource, deps),
    bindAction(updateSecret, deps),
    bindAction(updateSecretVersionStage, deps),
    bindAction(validateResourcePolicy, deps),
    ...databaseActions(deps.databases),
  ]
  return {
    name: 'secretsmanager',
    target: 'secretsmanager',
    actions: new Map(actions.map(action => [action.name, action])),
    faults: secretsFaults,
    saysMessageTwice: true,
  }
}

/** Rolecall's own. */
function databaseActions(deps: DatabaseRoleDeps) {
  return [
    bindAction(deleteDatabaseRole, deps),
    bindAction(describeDatabaseRole, deps),
    bindAction(generateDatabaseCredentials, deps),
    bindAction(listDatabaseLeases, deps),
    bindAction(listDatabaseRoles, deps),
    bindAction(putDatabaseRole, deps),
    bindAction(renewDatabaseLease, deps),
    bindAction(revokeDatabaseLease, deps),
  ]
}
