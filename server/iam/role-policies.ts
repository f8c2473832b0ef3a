import { defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { policyArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Role } from '../store/roles.ts'
import type { IamDeps } from './deps.ts'
import { requireInlineDocument } from './documents.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { onRole } from './permissions.ts'
import { requirePolicy } from './policy-arn.ts'
import { requireRole } from './roles.ts'
import { encodeDocument } from './shapes.ts'

const paging = { Marker: given.marker, MaxItems: given.maxItems }

/**
 * @throws {Refusal} policy.malformed | entity.missing | entity.limit
 * @see AWS IAM API reference, PutRolePolicy
 */
export const putRolePolicy = defineAction({
  name: 'PutRolePolicy',
  auth: 'signed',
  writes: true,
  input: params({
    RoleName: given.roleName,
    PolicyName: given.policyName,
    PolicyDocument: given.policyDocument,
  }),
  permission: (asked, deps: IamDeps) => onRole('PutRolePolicy', asked.RoleName, deps),
  async handle(asked, deps, { warn }) {
    const role = await requireRole(asked.RoleName, deps)
    const others = await otherInlinePolicies(role, asked.PolicyName, deps)
    requireInlineDocument(asked.PolicyDocument, others, role.name, { nowMs: deps.clock(), warn })
    await deps.roles.putInlinePolicy(role.id, asked.PolicyName, asked.PolicyDocument)
    return {}
  },
})

/** @see AWS IAM API reference, GetRolePolicy */
export const getRolePolicy = defineAction({
  name: 'GetRolePolicy',
  auth: 'signed',
  input: params({ RoleName: given.roleName, PolicyName: given.policyName }),
  permission: (asked, deps: IamDeps) => onRole('GetRolePolicy', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    const document = await deps.roles.findInlinePolicy(role.id, asked.PolicyName)
    if (document === undefined) throw noSuchRolePolicy(asked.PolicyName)
    return { RoleName: role.name, PolicyName: asked.PolicyName, PolicyDocument: encodeDocument(document) }
  },
})

/** @see AWS IAM API reference, DeleteRolePolicy */
export const deleteRolePolicy = defineAction({
  name: 'DeleteRolePolicy',
  auth: 'signed',
  writes: true,
  input: params({ RoleName: given.roleName, PolicyName: given.policyName }),
  permission: (asked, deps: IamDeps) => onRole('DeleteRolePolicy', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    const found = await deps.roles.deleteInlinePolicy(role.id, asked.PolicyName)
    if (!found) throw noSuchRolePolicy(asked.PolicyName)
    return {}
  },
})

/** @see AWS IAM API reference, ListRolePolicies */
export const listRolePolicies = defineAction({
  name: 'ListRolePolicies',
  auth: 'signed',
  input: params({ RoleName: given.roleName, ...paging }),
  permission: (asked, deps: IamDeps) => onRole('ListRolePolicies', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    const page = readPage(await deps.roles.listInlinePolicies(role.id), name => name, asked)
    return { PolicyNames: page.items, ...page.wire }
  },
})

/**
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, AttachRolePolicy
 */
export const attachRolePolicy = defineAction({
  name: 'AttachRolePolicy',
  auth: 'signed',
  writes: true,
  input: params({ RoleName: given.roleName, PolicyArn: given.arn }),
  permission: (asked, deps: IamDeps) => onRole('AttachRolePolicy', asked.RoleName, deps, aboutPolicy(asked)),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    const missing = `Policy ${asked.PolicyArn} does not exist or is not attachable.`
    const policy = await requirePolicy(asked.PolicyArn, deps, missing)
    await deps.roles.attach(role.id, policy.id, deps.clock())
    return {}
  },
})

/** @see AWS IAM API reference, DetachRolePolicy */
export const detachRolePolicy = defineAction({
  name: 'DetachRolePolicy',
  auth: 'signed',
  writes: true,
  input: params({ RoleName: given.roleName, PolicyArn: given.arn }),
  permission: (asked, deps: IamDeps) => onRole('DetachRolePolicy', asked.RoleName, deps, aboutPolicy(asked)),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    const message = `Policy ${asked.PolicyArn} was not found.`
    const policy = await requirePolicy(asked.PolicyArn, deps, message)
    const found = await deps.roles.detach(role.id, policy.id)
    if (!found) throw new Refusal('entity.missing', { said: { message } })
    return {}
  },
})

/** @see AWS IAM API reference, ListAttachedRolePolicies */
export const listAttachedRolePolicies = defineAction({
  name: 'ListAttachedRolePolicies',
  auth: 'signed',
  input: params({ RoleName: given.roleName, PathPrefix: given.policyPath, ...paging }),
  permission: (asked, deps: IamDeps) => onRole('ListAttachedRolePolicies', asked.RoleName, deps),
  async handle(asked, deps) {
    const role = await requireRole(asked.RoleName, deps)
    const attached = (await deps.roles.listAttached(role.id)).filter(({ path }) =>
      path.startsWith(asked.PathPrefix),
    )
    const page = readPage(attached, ({ name }) => name.toLowerCase(), asked)
    return {
      AttachedPolicies: page.items.map(({ name, path }) => ({
        PolicyName: name,
        PolicyArn: policyArn(deps.accountId, path, name),
      })),
      ...page.wire,
    }
  },
})

function aboutPolicy({ PolicyArn }: { PolicyArn: string }) {
  return new Map([['iam:policyarn', [PolicyArn]]])
}

async function otherInlinePolicies(role: Role, name: string, { roles }: IamDeps): Promise<string[]> {
  const names = (await roles.listInlinePolicies(role.id)).filter(other => other !== name)
  const documents = await Promise.all(names.map(other => roles.findInlinePolicy(role.id, other)))
  return documents.filter(document => document !== undefined)
}

function noSuchRolePolicy(name: string): Refusal {
  return new Refusal('entity.missing', {
    said: { message: `The role policy with name ${name} cannot be found.` },
  })
}
