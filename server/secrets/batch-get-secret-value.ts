import { defineAction, type Result, type SignedCall } from '../aws/action.ts'
import { integer, list, optional, params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { eventFacts } from '../base/request-facts.ts'
import type { SecretsDeps } from './deps.ts'
import { secretsFaults } from './faults.ts'
import { matches, requireFilters } from './filters.ts'
import { anywhere, onSecret, parametersContext, requireSecret } from './find-secret.ts'
import { giveOut } from './get-secret-value.ts'
import { pageByCreation } from './list-secrets.ts'
import * as given from './parameters.ts'
import { current } from './stages.ts'

/**
 * The current values of up to twenty secrets, by their ids or by filters. Each is authorized and recorded as if it had
 * been asked for alone; what is refused is in the list of errors.
 *
 * @throws {Refusal} entity.invalid for both ids and filters, or neither | request.invalid
 * @see AWS Secrets Manager API reference, BatchGetSecretValue
 */
export const batchGetSecretValue = defineAction({
  name: 'BatchGetSecretValue',
  auth: 'signed',
  input: params({
    SecretIdList: optional(list(given.secretId, { min: 1, max: 20 })),
    Filters: optional(given.filters),
    MaxResults: optional(integer({ min: 1, max: 20 })),
    NextToken: given.nextToken,
  }),
  permission: () => anywhere('BatchGetSecretValue'),
  async handle({ SecretIdList: ids, Filters, MaxResults, NextToken }, deps: SecretsDeps, call) {
    if ((ids === undefined) === (Filters === undefined)) {
      throw invalid('Either SecretIdList or Filters must be provided, but not both.')
    }
    if (ids !== undefined && (MaxResults !== undefined || NextToken !== undefined)) {
      throw invalid('MaxResults and NextToken can only be used with Filters.')
    }
    if (ids !== undefined) return { ...(await collect(ids, deps, call)) }
    const filters = requireFilters(Filters ?? [])
    const { items, next } = await pageByCreation(
      {
        isShown: secret => secret.deletedAtMs === undefined && matches(secret, filters),
        most: MaxResults ?? 20,
        newestFirst: true,
        token: NextToken,
      },
      deps,
    )
    const found = await collect(
      items.map(({ name }) => name),
      deps,
      call,
    )
    return { ...found, NextToken: next }
  },
})

async function collect(ids: readonly string[], deps: SecretsDeps, call: SignedCall) {
  const SecretValues: Result[] = []
  const Errors: Result[] = []
  for (const SecretId of ids) {
    try {
      SecretValues.push(await getOne(SecretId, deps, call))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const [code, , message] = secretsFaults[error.reason]
      Errors.push({
        SecretId,
        ErrorCode: code,
        Message: typeof message === 'string' ? message : message(error.said),
      })
    }
  }
  return { SecretValues, Errors }
}

async function getOne(SecretId: string, deps: SecretsDeps, { caller, facts }: SignedCall): Promise<Result> {
  const context = parametersContext({ VersionStage: current })
  const permission = await onSecret('GetSecretValue', SecretId, deps, context)
  await deps.authorizer.requirePermission(caller, permission, facts)
  const secret = await requireSecret(SecretId, deps)
  // INVARIANT: no value leaves before its row is durable.
  await deps.audit.record({
    ...eventFacts(facts),
    event: 'GetSecretValue',
    decision: 'allowed',
    callerArn: caller.arn,
    callerAccessKeyId: caller.accessKeyId,
    resource: permission.resource,
  })
  return giveOut(secret, {}, deps)
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
