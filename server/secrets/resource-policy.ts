import { defineAction } from '../aws/action.ts'
import { flag, optional, params, text } from '../aws/params.ts'
import { secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { lint } from '../policy/lint/lint.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { SecretsDeps } from './deps.ts'
import { anywhere, onSecret, parametersContext, requireSecret, requireUndeleted } from './find-secret.ts'
import * as given from './parameters.ts'

const policyText = text({ min: 1, max: 20_480 })

/**
 * Says who may do what with a secret. What is risky in it is taken with a warning; what would open it to everybody is
 * refused where BlockPublicPolicy says so.
 *
 * @throws {Refusal} policy.malformed | secret.publicPolicy | entity.missing | secret.state
 * @see AWS Secrets Manager API reference, PutResourcePolicy
 */
export const putResourcePolicy = defineAction({
  name: 'PutResourcePolicy',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    ResourcePolicy: policyText,
    BlockPublicPolicy: optional(flag(), false),
  }),
  permission: ({ SecretId, BlockPublicPolicy }, deps: SecretsDeps) =>
    onSecret('PutResourcePolicy', SecretId, deps, parametersContext({ BlockPublicPolicy })),
  async handle({ ResourcePolicy: document, BlockPublicPolicy }, deps, call) {
    const { id, name } = await requireSecret(call, deps)
    parsePolicy(document, 'resource')
    for (const { level, code, path, message, fix } of lint(document, 'resource', { nowMs: deps.clock() })) {
      if (level === 'error') throw new Refusal('policy.malformed', { said: { message } })
      if (code === 'resource-public' && BlockPublicPolicy) throw new Refusal('secret.publicPolicy')
      if (level !== 'suggestion') call.warn(`${level} ${code} ${path}: ${message} ${fix}`)
    }
    const policy = { document, meantIds: await deps.principalIds(document) }
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      return { policy }
    })
    return { ARN: secretArn(deps.accountId, id), Name: name }
  },
})

/** @see AWS Secrets Manager API reference, GetResourcePolicy */
export const getResourcePolicy = defineAction({
  name: 'GetResourcePolicy',
  auth: 'signed',
  input: params({ SecretId: given.secretId }),
  permission: ({ SecretId }, deps: SecretsDeps) => onSecret('GetResourcePolicy', SecretId, deps),
  async handle(_asked, deps, call) {
    const { id, name, policy } = await requireSecret(call, deps)
    return { ARN: secretArn(deps.accountId, id), Name: name, ResourcePolicy: policy?.document }
  },
})

/** @see AWS Secrets Manager API reference, DeleteResourcePolicy */
export const deleteResourcePolicy = defineAction({
  name: 'DeleteResourcePolicy',
  auth: 'signed',
  writes: true,
  input: params({ SecretId: given.secretId }),
  async permission({ SecretId }, deps: SecretsDeps, caller) {
    const { resourcePolicy, meantIds, ...permission } = await onSecret('DeleteResourcePolicy', SecretId, deps)
    // The account's owner is never locked out by what somebody wrote: there is no support desk that could help.
    if (caller.kind === 'root' || resourcePolicy === undefined) return permission
    return { ...permission, resourcePolicy, ...(meantIds === undefined ? {} : { meantIds }) }
  },
  async handle(_asked, deps, call) {
    const { id, name } = await requireSecret(call, deps)
    await deps.secrets.change(id, secret => {
      requireUndeleted(secret)
      return { policy: undefined }
    })
    return { ARN: secretArn(deps.accountId, id), Name: name }
  },
})

/**
 * What the linter says of a policy, without setting it.
 *
 * @see AWS Secrets Manager API reference, ValidateResourcePolicy
 */
export const validateResourcePolicy = defineAction({
  name: 'ValidateResourcePolicy',
  auth: 'signed',
  input: params({ SecretId: optional(given.secretId), ResourcePolicy: policyText }),
  async permission({ SecretId }, deps: SecretsDeps) {
    return SecretId === undefined
      ? anywhere('ValidateResourcePolicy')
      : onSecret('ValidateResourcePolicy', SecretId, deps)
  },
  async handle({ SecretId, ResourcePolicy: document }, deps, call) {
    if (SecretId !== undefined) await requireSecret(call, deps)
    const findings = lint(document, 'resource', { nowMs: deps.clock() }).filter(
      ({ level }) => level === 'error' || level === 'security',
    )
    return {
      PolicyValidationPassed: findings.length === 0,
      ValidationErrors: findings.map(({ code, line, column, message, fix }) => ({
        CheckName: code,
        ErrorMessage: `Line ${line}, column ${column}: ${message} ${fix}`,
      })),
    }
  },
})
