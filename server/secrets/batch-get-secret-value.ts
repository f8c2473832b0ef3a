import { refusedEvent } from '../audit/refused-event.ts'
import { type AuthorizedCall, defineAction, type Result } from '../aws/action.ts'
import { integer, list, optional, params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { eventFacts } from '../base/request-facts.ts'
import type { SecretsDeps } from './deps.ts'
import { secretsFaults } from './faults.ts'
import { compileFilters, type Filter, filters } from './filters.ts'
import { anywhere, onSecret, parametersContext, requireSecret } from './find-secret.ts'
import { giveOut } from './get-secret-value.ts'
import * as given from './parameters.ts'
import { pageOfSecrets } from './secret-pages.ts'
import { current } from './stages.ts'

/**
 * The current values of up to twenty secrets, by their ids or by filters. Each is authorized and recorded as if it had
 * been asked for alone; what is refused is in the list of errors.
 *
 * @throws {Refusal} entity.invalid for both ids and filters, or neither | request.invalid | secret.nextToken
 * @see AWS Secrets Manager API reference, BatchGetSecretValue
 */
export const batchGetSecretValue = defineAction({
  name: 'BatchGetSecretValue',
  auth: 'signed',
  input: params({
    SecretIdList: optional(list(given.secretId, { min: 1, max: 20 })),
    Filters: optional(filters),
    MaxResults: optional(integer({ min: 1, max: 20 })),
    NextToken: given.nextToken,
  }),
  permission: ({ Filters }) =>
    Filters === undefined
      ? anywhere('BatchGetSecretValue')
      : // Who looks for secrets by filters learns which there are.
        [anywhere('BatchGetSecretValue'), anywhere('ListSecrets')],
  async handle({ SecretIdList, Filters, MaxResults, NextToken }, deps: SecretsDeps, call) {
    if ((SecretIdList === undefined) === (Filters === undefined)) {
      throw invalid("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    }
    if (Filters !== undefined) {
      const { names, next } = await findNames(Filters, MaxResults ?? 20, NextToken, deps)
      return { ...(await collect(names, deps, call)), NextToken: next }
    }
    const strange =
      MaxResults !== undefined ? 'MaxResults' : NextToken !== undefined ? 'NextToken' : undefined
    if (strange !== undefined) {
      throw invalid(
        `'Filters' not specified. 'Filters' must also be specified when '${strange}' is provided.`,
      )
    }
    return { ...(await collect(SecretIdList ?? [], deps, call)) }
  },
})

async function findNames(
  given: readonly Filter[],
  most: number,
  token: string | undefined,
  deps: SecretsDeps,
): Promise<{ names: string[]; next: string | undefined }> {
  const fits = compileFilters(given)
  const isShown: typeof fits = secret => secret.deletedAtMs === undefined && fits(secret)
  const order = { list: 'values', sortBy: 'created-date', order: 'desc' } as const
  const { items, next } = await pageOfSecrets({ ...order, isShown, most, token }, deps)
  return { names: items.map(({ name }) => name), next }
}

type Outcome = { value: Result } | { error: Result }

async function collect(ids: readonly string[], deps: SecretsDeps, call: AuthorizedCall) {
  // All at once, and in the order of the ids: their rows in the audit log then share the wait for the disk.
  const outcomes = await Promise.all(ids.map(id => tryOne(id, deps, call)))
  return {
    SecretValues: outcomes.flatMap(outcome => ('value' in outcome ? [outcome.value] : [])),
    Errors: outcomes.flatMap(outcome => ('error' in outcome ? [outcome.error] : [])),
  }
}

async function tryOne(SecretId: string, deps: SecretsDeps, call: AuthorizedCall): Promise<Outcome> {
  try {
    return { value: await getOne(SecretId, deps, call) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    deps.audit.note(refusedEvent('GetSecretValue', error, call.facts, call.caller))
    const [ErrorCode, , message] = secretsFaults[error.reason]
    const Message = typeof message === 'string' ? message : message(error.said)
    return { error: { SecretId, ErrorCode, Message } }
  }
}

async function getOne(
  SecretId: string,
  deps: SecretsDeps,
  { caller, facts }: AuthorizedCall,
): Promise<Result> {
  const context = parametersContext({ VersionStage: current })
  const permission = await onSecret('GetSecretValue', SecretId, deps, context)
  await deps.authorizer.requirePermission(caller, permission, facts)
  const secret = await requireSecret(permission, deps)
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
