import { type BoundAction, bindAction, defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { IamDeps } from './deps.ts'
import { requireInlineDocument } from './documents.ts'
import { group, type Holder, requireHolder, role, user } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on } from './permissions.ts'
import { encodeDocument } from './shapes.ts'

/** @see AWS IAM API reference, PutRolePolicy, PutUserPolicy and PutGroupPolicy, and those beside them */
export const inlinePolicyActions = (deps: IamDeps): BoundAction[] => [
  bindAction(put('PutRolePolicy', role), deps),
  bindAction(put('PutUserPolicy', user), deps),
  bindAction(put('PutGroupPolicy', group), deps),
  bindAction(get('GetRolePolicy', role, 'RoleName'), deps),
  bindAction(get('GetUserPolicy', user, 'UserName'), deps),
  bindAction(get('GetGroupPolicy', group, 'GroupName'), deps),
  bindAction(remove('DeleteRolePolicy', role), deps),
  bindAction(remove('DeleteUserPolicy', user), deps),
  bindAction(remove('DeleteGroupPolicy', group), deps),
  bindAction(list('ListRolePolicies', role), deps),
  bindAction(list('ListUserPolicies', user), deps),
  bindAction(list('ListGroupPolicies', group), deps),
]

/** @throws {Refusal} policy.malformed | entity.missing | entity.limit */
function put(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({
      holder: holder.parameter,
      PolicyName: given.policyName,
      PolicyDocument: given.policyDocument,
    }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps),
    async handle(asked, deps, { warn }) {
      const { principalPolicies, clock } = deps
      const { id } = await requireHolder(holder, asked.holder, deps)
      const others = (await principalPolicies.listInline(id)).filter(({ name }) => name !== asked.PolicyName)
      const documents = others.map(({ document }) => document)
      requireInlineDocument(asked.PolicyDocument, documents, holder, asked.holder, { nowMs: clock(), warn })
      await principalPolicies.putInline(id, asked.PolicyName, asked.PolicyDocument)
      return {}
    },
  })
}

function get(name: string, holder: Holder, called: string) {
  return defineAction({
    name,
    auth: 'signed',
    input: params({ holder: holder.parameter, PolicyName: given.policyName }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps),
    async handle(asked, deps) {
      const { id } = await requireHolder(holder, asked.holder, deps)
      const document = await deps.principalPolicies.findInline(id, asked.PolicyName)
      if (document === undefined) throw noSuchPolicy(holder, asked.PolicyName)
      return {
        [called]: asked.holder,
        PolicyName: asked.PolicyName,
        PolicyDocument: encodeDocument(document),
      }
    },
  })
}

function remove(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ holder: holder.parameter, PolicyName: given.policyName }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps),
    async handle(asked, deps) {
      const { id } = await requireHolder(holder, asked.holder, deps)
      const found = await deps.principalPolicies.deleteInline(id, asked.PolicyName)
      if (!found) throw noSuchPolicy(holder, asked.PolicyName)
      return {}
    },
  })
}

function list(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    input: params({ holder: holder.parameter, ...given.paging }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps),
    async handle(asked, deps) {
      const { id } = await requireHolder(holder, asked.holder, deps)
      const names = (await deps.principalPolicies.listInline(id)).map(policy => policy.name)
      const page = readPage(names, one => one, asked)
      return { PolicyNames: page.items, ...page.wire }
    },
  })
}

function noSuchPolicy({ kind }: Holder, name: string): Refusal {
  return new Refusal('entity.missing', {
    said: { message: `The ${kind} policy with name ${name} cannot be found.` },
  })
}
