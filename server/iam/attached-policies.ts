import { type BoundAction, bindAction, defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { arnOfPolicy } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { storedName } from '../store/shipped-names.ts'
import type { IamDeps } from './deps.ts'
import { group, type Holder, requireHolder, role, user } from './holders.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { on } from './permissions.ts'
import { requirePolicy } from './policy-arn.ts'

/** @see AWS IAM API reference, AttachRolePolicy, AttachUserPolicy and AttachGroupPolicy, and those beside them */
export const attachedPolicyActions = (deps: IamDeps): BoundAction[] => [
  bindAction(attach('AttachRolePolicy', role), deps),
  bindAction(attach('AttachUserPolicy', user), deps),
  bindAction(attach('AttachGroupPolicy', group), deps),
  bindAction(detach('DetachRolePolicy', role), deps),
  bindAction(detach('DetachUserPolicy', user), deps),
  bindAction(detach('DetachGroupPolicy', group), deps),
  bindAction(list('ListAttachedRolePolicies', role), deps),
  bindAction(list('ListAttachedUserPolicies', user), deps),
  bindAction(list('ListAttachedGroupPolicies', group), deps),
]

/** @see AWS IAM User Guide, "IAM and AWS STS quotas" */
const mostAttached = 20

/** @throws {Refusal} entity.missing | entity.limit */
function attach(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ holder: holder.parameter, PolicyArn: given.arn }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps, aboutPolicy(asked)),
    async handle(asked, deps) {
      const { id } = await requireHolder(holder, asked.holder, deps)
      const missing = `Policy ${asked.PolicyArn} does not exist or is not attachable.`
      const policy = await requirePolicy(asked.PolicyArn, deps, missing)
      const attached = await deps.principalPolicies.listAttached(id)
      if (attached.length >= mostAttached && !attached.some(one => one.id === policy.id)) {
        const message = `Cannot exceed quota for PoliciesPer${capital(holder.kind)}: ${mostAttached}`
        throw new Refusal('entity.limit', { said: { message } })
      }
      await deps.principalPolicies.attach(id, policy.id, deps.clock())
      return {}
    },
  })
}

function detach(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ holder: holder.parameter, PolicyArn: given.arn }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps, aboutPolicy(asked)),
    async handle(asked, deps) {
      const { id } = await requireHolder(holder, asked.holder, deps)
      const message = `Policy ${asked.PolicyArn} was not found.`
      const policy = await requirePolicy(asked.PolicyArn, deps, message)
      const found = await deps.principalPolicies.detach(id, policy.id)
      if (!found) throw new Refusal('entity.missing', { said: { message } })
      return {}
    },
  })
}

function list(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    input: params({ holder: holder.parameter, PathPrefix: given.policyPath, ...given.paging }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps),
    async handle(asked, deps) {
      const { id } = await requireHolder(holder, asked.holder, deps)
      const attached = (await deps.principalPolicies.listAttached(id)).filter(({ path }) =>
        path.startsWith(asked.PathPrefix),
      )
      const page = readPage(attached, one => storedName(one).toLowerCase(), asked)
      return {
        AttachedPolicies: page.items.map(one => ({
          PolicyName: one.name,
          PolicyArn: arnOfPolicy(one, deps.accountId),
        })),
        ...page.wire,
      }
    },
  })
}

function aboutPolicy({ PolicyArn }: { PolicyArn: string }) {
  return new Map([['iam:policyarn', [PolicyArn]]])
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
