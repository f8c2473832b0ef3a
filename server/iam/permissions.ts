import type { Permission } from '../authorization/authorize.ts'
import {
  arnOfPolicy,
  mfaArn,
  oidcProviderArn,
  policyArn,
  roleArn,
  samlProviderArn,
  samlProviderName,
  userArn,
} from '../base/arn.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import { requestTagContext } from '../base/tag-context.ts'
import type { IamDeps } from './deps.ts'
import type { Holder } from './holders.ts'
import { findPolicy } from './policy-arn.ts'

type Tags = Readonly<Record<string, string>>

/**
 * A permission on a role, user or group that may or may not be there: without one, its ARN is as if it had no path.
 * With its boundary, so that a statement may be about those that have one.
 */
export async function on(
  holder: Holder,
  action: string,
  name: string,
  deps: IamDeps,
  context?: ConditionContext,
): Promise<Permission> {
  const found = await holder.find(name, deps)
  const keys = resourceTags(found?.tags ?? {})
  const boundary = found?.boundaryId === undefined ? undefined : await boundaryArn(found.boundaryId, deps)
  if (boundary !== undefined) keys.set('iam:permissionsboundary', [boundary])
  return {
    action: `iam:${action}`,
    resource: holder.arnOf(deps.accountId, found?.path ?? '/', name),
    context: merge(keys, context),
  }
}

export async function boundaryArn(
  policyId: string,
  { policies, accountId }: IamDeps,
): Promise<string | undefined> {
  const policy = await policies.findById(policyId)
  return policy && arnOfPolicy(policy, accountId)
}

export async function onPolicy(
  action: string,
  arn: string,
  deps: IamDeps,
  context?: ConditionContext,
): Promise<Permission> {
  const policy = await findPolicy(arn, deps)
  return { action: `iam:${action}`, resource: arn, context: merge(resourceTags(policy?.tags ?? {}), context) }
}

export async function onOidcProvider(
  action: string,
  urlPath: string,
  deps: IamDeps,
  context?: ConditionContext,
): Promise<Permission> {
  const provider = await deps.oidcProviders.find(urlPath)
  return {
    action: `iam:${action}`,
    resource: oidcProviderArn(deps.accountId, urlPath),
    context: merge(resourceTags(provider?.tags ?? {}), context),
  }
}

export function onNewRole(asked: NewPrincipal & { RoleName: string }, { accountId }: IamDeps) {
  const arn = roleArn(accountId, asked.Path, asked.RoleName)
  return onNew('CreateRole', 'TagRole', arn, asked.Tags, boundaryContext(asked.PermissionsBoundary))
}

export function onNewUser(asked: NewPrincipal & { UserName: string }, { accountId }: IamDeps) {
  const arn = userArn(accountId, asked.Path, asked.UserName)
  return onNew('CreateUser', 'TagUser', arn, asked.Tags, boundaryContext(asked.PermissionsBoundary))
}

type NewPrincipal = { Path: string; Tags: Tags | undefined; PermissionsBoundary: string | undefined }

/** The boundary that a request sets: a delegated administrator may be bound to set a certain one. */
export function boundaryContext(arn: string | undefined): ConditionContext {
  return new Map(arn === undefined ? [] : [['iam:permissionsboundary', [arn]]])
}

export function onNewPolicy(path: string, name: string, tags: Tags | undefined, deps: IamDeps) {
  return onNew('CreatePolicy', 'TagPolicy', policyArn(deps.accountId, path, name), tags)
}

export function onNewOidcProvider(urlPath: string, tags: Tags | undefined, deps: IamDeps) {
  const arn = oidcProviderArn(deps.accountId, urlPath)
  return onNew('CreateOpenIDConnectProvider', 'TagOpenIDConnectProvider', arn, tags)
}

export async function onSamlProvider(
  action: string,
  arn: string,
  { samlProviders, accountId }: IamDeps,
  context?: ConditionContext,
): Promise<Permission> {
  const name = samlProviderName(arn, accountId)
  const provider = name === undefined ? undefined : await samlProviders.find(name)
  return {
    action: `iam:${action}`,
    resource: arn,
    context: merge(resourceTags(provider?.tags ?? {}), context),
  }
}

export function onNewSamlProvider(name: string, tags: Tags | undefined, { accountId }: IamDeps) {
  return onNew('CreateSAMLProvider', 'TagSAMLProvider', samlProviderArn(accountId, name), tags)
}

export function onNewMfaDevice(path: string, name: string, tags: Tags | undefined, { accountId }: IamDeps) {
  return onNew('CreateVirtualMFADevice', 'TagMFADevice', mfaArn(accountId, path, name), tags)
}

export async function onMfaDevice(
  action: string,
  serialNumber: string,
  { mfaDevices }: IamDeps,
  context?: ConditionContext,
): Promise<Permission> {
  const device = await mfaDevices.find(serialNumber)
  return {
    action: `iam:${action}`,
    resource: serialNumber,
    context: merge(resourceTags(device?.tags ?? {}), context),
  }
}

/** Whoever creates with tags must be allowed to tag, or a deny of tagging would be no deny. */
function onNew(
  create: string,
  tag: string,
  resource: string,
  tags: Tags = {},
  more?: ConditionContext,
): [Permission, ...Permission[]] {
  const context = merge(requestTagContext(tags), more)
  const creating = { action: `iam:${create}`, resource, context }
  return Object.keys(tags).length === 0 ? [creating] : [creating, { ...creating, action: `iam:${tag}` }]
}

/** Of tags that are to be taken away. */
export function tagKeysContext(keys: readonly string[]): ConditionContext {
  return new Map([['aws:tagkeys', keys]])
}

export function resourceTags(tags: Tags): ConditionContext {
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
