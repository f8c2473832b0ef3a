import { defineAction, type Result } from '../aws/action.ts'
import { afterToken, pageOf } from '../aws/json-pages.ts'
import { flag, integer, optional, params } from '../aws/params.ts'
import { region, secretArn } from '../base/arn.ts'
import type { Secret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, requireAnySecret } from './find-secret.ts'
import * as given from './parameters.ts'
import { byVersion, stagesOf } from './stages.ts'

/**
 * Everything of a secret but its values.
 *
 * @throws {Refusal} entity.missing
 * @see AWS Secrets Manager API reference, DescribeSecret
 */
export const describeSecret = defineAction({
  name: 'DescribeSecret',
  auth: 'signed',
  input: params({ SecretId: given.secretId }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('DescribeSecret', SecretId, deps),
  async handle({ SecretId }, deps) {
    const secret = await requireAnySecret(SecretId, deps)
    return { ...wireSecret(secret, deps), VersionIdsToStages: byVersion(secret.stages) }
  },
})

/** As it is described and listed. Times are seconds since the epoch. */
export function wireSecret(secret: Secret, { accountId }: Pick<SecretsDeps, 'accountId'>): Result {
  const { rotation } = secret
  const isRotated = rotation?.lambdaArn !== undefined
  return {
    ARN: secretArn(accountId, secret.id),
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    RotationEnabled: isRotated ? rotation.enabled : undefined,
    RotationLambdaARN: rotation?.lambdaArn,
    RotationRules: isRotated
      ? {
          AutomaticallyAfterDays: rotation.afterDays ?? rotation.shownDays,
          Duration: rotation.duration,
          ScheduleExpression: rotation.schedule,
        }
      : undefined,
    LastRotatedDate: seconds(secret.rotatedAtMs),
    LastChangedDate: seconds(secret.changedAtMs),
    LastAccessedDate: seconds(secret.accessedOnMs),
    DeletedDate: seconds(secret.deletedAtMs),
    NextRotationDate:
      rotation?.enabled === true && secret.deletedAtMs === undefined ? seconds(rotation.nextByMs) : undefined,
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
    CreatedDate: seconds(secret.createdAtMs),
    PrimaryRegion: region,
  }
}

/**
 * @throws {Refusal} entity.missing | request.invalid
 * @see AWS Secrets Manager API reference, ListSecretVersionIds
 */
export const listSecretVersionIds = defineAction({
  name: 'ListSecretVersionIds',
  auth: 'signed',
  input: params({
    SecretId: given.secretId,
    MaxResults: optional(integer({ min: 1, max: 100 }), 100),
    NextToken: given.nextToken,
    IncludeDeprecated: optional(flag(), false),
  }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('ListSecretVersionIds', SecretId, deps),
  async handle({ SecretId, MaxResults, NextToken, IncludeDeprecated }, deps) {
    const { id, name, stages } = await requireAnySecret(SecretId, deps)
    const all = await deps.secrets.versions(id)
    const shown = all
      .filter(version => IncludeDeprecated || stagesOf(stages, version.id).length > 0)
      .toReversed()
    const after = afterToken(NextToken)
    const from = after === undefined ? 0 : shown.findIndex(version => version.id === after) + 1
    const { items, wire } = pageOf(shown.slice(from), MaxResults, version => version.id)
    return {
      Versions: items.map(version => ({
        VersionId: version.id,
        VersionStages: unlessEmpty(stagesOf(stages, version.id)),
        LastAccessedDate: seconds(version.accessedOnMs),
        CreatedDate: seconds(version.createdAtMs),
        KmsKeyIds: ['DefaultEncryptionKey'],
      })),
      ARN: secretArn(deps.accountId, id),
      Name: name,
      ...wire,
    }
  },
})

function unlessEmpty(names: string[]): string[] | undefined {
  return names.length === 0 ? undefined : names
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
