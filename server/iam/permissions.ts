import type { Permission } from '../authorization/authorize.ts'
import { oidcProviderArn, policyArn, roleArn } from '../base/arn.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import type { IamDeps } from './deps.ts'
import { entityOfPolicyArn } from './policy-arn.ts'

type Tags = Readonly<Record<string, string>>

/** A permission on a role that may or may not be there: without one, its ARN is as if it had no path. */
export async function onRole(
  action: string,
  name: string,
  deps: IamDeps,
  context?: ConditionContext,
): Promise<Permission> {
  const role = await deps.roles.find(name)
  return {
    action: `iam:${action}`,
    resource: roleArn(deps.accountId, role?.path ?? '/', name),
    context: merge(resourceTags(role?.tags ?? {}), context),
  }
}

export async function onPolicy(action: string, arn: string, deps: IamDeps): Promise<Permission> {
  const named = entityOfPolicyArn(arn, deps.accountId)
  const policy = named && (await deps.policies.find(named.name))
  return { action: `iam:${action}`, resource: arn, context: resourceTags(policy?.tags ?? {}) }
}

export async function onOidcProvider(action: string, urlPath: string, deps: IamDeps): Promise<Permission> {
  const provider = await deps.oidcProviders.find(urlPath)
  return {
    action: `iam:${action}`,
    resource: oidcProviderArn(deps.accountId, urlPath),
    context: resourceTags(provider?.tags ?? {}),
  }
}

export function onNewRole(path: string, name: string, tags: Tags | undefined, deps: IamDeps) {
  return onNew('CreateRole', 'TagRole', roleArn(deps.accountId, path, name), tags)
}

export function onNewPolicy(path: string, name: string, tags: Tags | undefined, deps: IamDeps) {
  return onNew('CreatePolicy', 'TagPolicy', policyArn(deps.accountId, path, name), tags)
}

export function onNewOidcProvider(urlPath: string, tags: Tags | undefined, deps: IamDeps) {
  const arn = oidcProviderArn(deps.accountId, urlPath)
  return onNew('CreateOpenIDConnectProvider', 'TagOpenIDConnectProvider', arn, tags)
}

/** Whoever creates with tags must be allowed to tag, or a deny of tagging would be no deny. */
function onNew(
  create: string,
  tag: string,
  resource: string,
  tags: Tags = {},
): [Permission, ...Permission[]] {
  const context = requestTags(tags)
  const creating = { action: `iam:${create}`, resource, context }
  return Object.keys(tags).length === 0 ? [creating] : [creating, { ...creating, action: `iam:${tag}` }]
}

/** @see AWS IAM User Guide, "Controlling access to AWS resources using tags" */
function requestTags(tags: Tags): ConditionContext {
  const keys = Object.keys(tags)
  const context: ConditionContext = new Map()
  if (keys.length > 0) context.set('aws:tagkeys', keys)
  for (const key of keys) context.set(`aws:requesttag/${key.toLowerCase()}`, [tags[key] ?? ''])
  return context
}

function resourceTags(tags: Tags): ConditionContext {
  const context: ConditionContext = new Map()
  for (const key in tags) {
    // IAM's own older spelling of the same key stands beside the global one.
    context.set(`aws:resourcetag/${key.toLowerCase()}`, [tags[key] ?? ''])
    context.set(`iam:resourcetag/${key.toLowerCase()}`, [tags[key] ?? ''])
  }
  return context
}

function merge(context: ConditionContext, more: ConditionContext = new Map()): ConditionContext {
  for (const [key, values] of more) context.set(key, values)
  return context
}
