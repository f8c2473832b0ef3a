import { defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import type { IamDeps } from './deps.ts'
import { requireDocument } from './documents.ts'
import * as given from './parameters.ts'
import { onNewPolicy, onPolicy } from './permissions.ts'
import { requirePolicy } from './policy-arn.ts'
import { wirePolicy } from './shapes.ts'

/**
 * @throws {Refusal} policy.malformed | entity.exists | entity.limit
 * @see AWS IAM API reference, CreatePolicy
 */
export const createPolicy = defineAction({
  name: 'CreatePolicy',
  auth: 'signed',
  writes: true,
  input: params({
    PolicyName: given.policyName,
    Path: given.policyPath,
    PolicyDocument: given.policyDocument,
    Description: given.policyDescription,
    Tags: given.tags,
  }),
  permission: (asked, deps: IamDeps) => onNewPolicy(asked.Path, asked.PolicyName, asked.Tags, deps),
  async handle(asked, deps, { warn }) {
    requireDocument(asked.PolicyDocument, 'managed', { nowMs: deps.clock(), warn })
    const nowMs = deps.clock()
    const policy: ManagedPolicy = {
      id: newId('ANPA'),
      name: asked.PolicyName,
      path: asked.Path,
      ...(asked.Description === undefined ? {} : { description: asked.Description }),
      defaultVersion: 'v1',
      tags: asked.Tags ?? {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      demo: false,
    }
    await deps.policies.create(policy, asked.PolicyDocument)
    return { Policy: wirePolicy(policy, 0, deps.accountId) }
  },
})

/** @see AWS IAM API reference, GetPolicy */
export const getPolicy = defineAction({
  name: 'GetPolicy',
  auth: 'signed',
  input: params({ PolicyArn: given.arn }),
  permission: (asked, deps: IamDeps) => onPolicy('GetPolicy', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const policy = await requirePolicy(asked.PolicyArn, deps, notFound(asked.PolicyArn))
    return { Policy: wirePolicy(policy, await deps.policies.countAttachments(policy.id), deps.accountId) }
  },
})

/**
 * @throws {Refusal} entity.missing | entity.inUse
 * @see AWS IAM API reference, DeletePolicy
 */
export const deletePolicy = defineAction({
  name: 'DeletePolicy',
  auth: 'signed',
  writes: true,
  input: params({ PolicyArn: given.arn }),
  permission: (asked, deps: IamDeps) => onPolicy('DeletePolicy', asked.PolicyArn, deps),
  async handle(asked, deps) {
    const policy = await requirePolicy(asked.PolicyArn, deps, notFound(asked.PolicyArn))
    if ((await deps.policies.countAttachments(policy.id)) > 0) {
      throw new Refusal('entity.inUse', { said: { message: 'Cannot delete a policy attached to entities.' } })
    }
    await deps.policies.delete(policy.id)
    return {}
  },
})

function notFound(arn: string): string {
  return `Policy ${arn} was not found.`
}
