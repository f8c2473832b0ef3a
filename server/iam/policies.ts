import { defineAction, type Result } from '../aws/action.ts'
import { flag, oneOf, optional, params } from '../aws/params.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { ManagedPolicy } from '../store/policies.ts'
import { storedName } from '../store/shipped-names.ts'
import type { IamDeps } from './deps.ts'
import { requireDocument } from './documents.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { onNewPolicy, onPolicy } from './permissions.ts'
import { requireOwnPolicy, requirePolicy } from './policy-arn.ts'
import { type UsageCounts, wirePolicy } from './shapes.ts'
import { noUsage, usages } from './usages.ts'

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
      shipped: false,
      path: asked.Path,
      ...(asked.Description === undefined ? {} : { description: asked.Description }),
      defaultVersion: 'v1',
      tags: asked.Tags ?? {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      demo: false,
    }
    await deps.policies.create(policy, asked.PolicyDocument)
    return { Policy: wirePolicy(policy, noUsage, deps.accountId) }
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
    return { Policy: wirePolicy(policy, (await usages(deps))(policy.id), deps.accountId) }
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
    const policy = await requireOwnPolicy(asked.PolicyArn, deps, notFound(asked.PolicyArn))
    const { attachments, boundaries } = (await usages(deps))(policy.id)
    if (attachments + boundaries > 0) {
      throw inUse('Cannot delete a policy attached to entities.')
    }
    if ((await deps.policies.listVersions(policy.id)).length > 1) {
      throw inUse(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      )
    }
    await deps.policies.delete(policy.id)
    return {}
  },
})

/** @see AWS IAM API reference, ListPolicies */
export const listPolicies = defineAction({
  name: 'ListPolicies',
  auth: 'signed',
  input: params({
    Scope: optional(oneOf('All', 'AWS', 'Local'), 'All'),
    OnlyAttached: optional(flag(), false),
    PathPrefix: given.policyPath,
    PolicyUsageFilter: optional(oneOf('PermissionsPolicy', 'PermissionsBoundary')),
    Marker: given.marker,
    MaxItems: given.maxItems,
  }),
  permission: () => ({ action: 'iam:ListPolicies', resource: '*' }),
  async handle(asked, deps: IamDeps) {
    const usageOf = await usages(deps)
    const isWanted = ({ id }: ManagedPolicy) => {
      const { attachments, boundaries } = usageOf(id)
      if (asked.PolicyUsageFilter === 'PermissionsBoundary') return boundaries > 0
      if (asked.PolicyUsageFilter === 'PermissionsPolicy') return attachments > 0
      return !asked.OnlyAttached || attachments > 0
    }
    const isInScope = ({ shipped }: ManagedPolicy) =>
      asked.Scope === 'All' || shipped === (asked.Scope === 'AWS')
    const policies = (await deps.policies.list()).filter(
      policy => policy.path.startsWith(asked.PathPrefix) && isInScope(policy) && isWanted(policy),
    )
    const page = readPage(policies, policy => storedName(policy).toLowerCase(), asked)
    return {
      Policies: page.items.map(one => wireListedPolicy(one, usageOf(one.id), deps)),
      ...page.wire,
    }
  },
})

/** A list leaves out description and tags. */
function wireListedPolicy(policy: ManagedPolicy, usage: UsageCounts, { accountId }: IamDeps): Result {
  const { description: _, ...listed } = policy
  return wirePolicy({ ...listed, tags: {} }, usage, accountId)
}

function inUse(message: string): Refusal {
  return new Refusal('entity.inUse', { said: { message } })
}

function notFound(arn: string): string {
  return `Policy ${arn} was not found.`
}
