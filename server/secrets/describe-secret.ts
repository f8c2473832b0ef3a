import { defineAction, type Result } from '../aws/action.ts'
import { pageOf } from '../aws/json-pages.ts'
import { flag, integer, optional, params } from '../aws/params.ts'
import { secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { ListedSecret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, requireAnySecret } from './find-secret.ts'
import * as given from './parameters.ts'
import { readArray } from './secret-pages.ts'
import { byVersion, current, stagesOf } from './stages.ts'

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
  async handle(_asked, deps, call) {
    const { id } = await requireAnySecret(call, deps)
    // Of what is in memory, the day of its last use may be an old one.
    const secret = await deps.secrets.findAnew(id)
    if (secret === undefined) throw new Refusal('entity.missing')
    const VersionIdsToStages = secret.stages[current] === undefined ? undefined : byVersion(secret.stages)
    return { ...wireSecret(secret, deps), VersionIdsToStages }
  },
})

/** As it is described and listed. Times are seconds since the epoch. */
export function wireSecret(secret: ListedSecret, { accountId }: Pick<SecretsDeps, 'accountId'>): Result {
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
    Tags: unlessEmpty(Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value }))),
    CreatedDate: seconds(secret.createdAtMs),
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
  async handle({ MaxResults, NextToken, IncludeDeprecated }, deps, call) {
    const { id, name, stages } = await requireAnySecret(call, deps)
    const all = await deps.secrets.versions(id)
    const shown = all
      .filter(version => IncludeDeprecated || stagesOf(stages, version.id).length > 0)
      .toSorted((one, other) => (isAfter(one, other) ? 1 : -1))
    const mark = NextToken === undefined ? undefined : readMark(NextToken, id)
    const further = mark === undefined ? shown : shown.filter(version => isAfter(version, mark))
    const { items, wire } = pageOf(further, MaxResults, ({ createdAtMs, id: versionId }) =>
      JSON.stringify([id, createdAtMs, versionId]),
    )
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

type Mark = { createdAtMs: number; id: string }

/** Of this secret's list alone. @throws {Refusal} secret.nextToken */
function readMark(token: string, secretId: string): Mark {
  const [of, createdAtMs, id, ...more] = readArray(token)
  const isMark = of === secretId && typeof createdAtMs === 'number' && typeof id === 'string'
  if (!isMark || more.length > 0) throw new Refusal('secret.nextToken')
  return { createdAtMs, id }
}

/** In a list that begins with the newest. The version that a page ended with may be gone by the next. */
function isAfter({ createdAtMs, id }: Mark, mark: Mark): boolean {
  return createdAtMs < mark.createdAtMs || (createdAtMs === mark.createdAtMs && id < mark.id)
}

/** AWS leaves out what there is nothing of. */
function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
