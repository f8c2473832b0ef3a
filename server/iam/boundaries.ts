import { type BoundAction, bindAction, defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { IamDeps } from './deps.ts'
import { type Holder, requireHolder, role, user } from './holders.ts'
import * as given from './parameters.ts'
import { boundaryContext, on } from './permissions.ts'
import { requirePolicy } from './policy-arn.ts'

/** @see AWS IAM API reference, PutUserPermissionsBoundary and those beside it */
export const boundaryActions = (deps: IamDeps): BoundAction[] => [
  bindAction(put('PutUserPermissionsBoundary', user), deps),
  bindAction(put('PutRolePermissionsBoundary', role), deps),
  bindAction(remove('DeleteUserPermissionsBoundary', user), deps),
  bindAction(remove('DeleteRolePermissionsBoundary', role), deps),
]

/** The managed policy that a request names for a boundary; its id. @throws {Refusal} entity.missing */
export async function requireBoundary(arn: string, deps: IamDeps): Promise<string> {
  const missing = `Scope ARN: ${arn} does not exist or is not attachable.`
  return (await requirePolicy(arn, deps, missing)).id
}

/** @throws {Refusal} entity.missing */
function put(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ holder: holder.parameter, PermissionsBoundary: given.arn }),
    // The key says what is asked for, and not what is there: so a delegated administrator is held to one boundary.
    permission: (asked, deps: IamDeps) =>
      on(holder, name, asked.holder, deps, boundaryContext(asked.PermissionsBoundary)),
    async handle(asked, deps) {
      const principal = await requireHolder(holder, asked.holder, deps)
      const policyId = await requireBoundary(asked.PermissionsBoundary, deps)
      await deps.principals.setBoundary(holder.kind, principal, policyId)
      return {}
    },
  })
}

/** @throws {Refusal} entity.missing, also when there is no boundary */
function remove(name: string, holder: Holder) {
  return defineAction({
    name,
    auth: 'signed',
    writes: true,
    input: params({ holder: holder.parameter }),
    permission: (asked, deps: IamDeps) => on(holder, name, asked.holder, deps),
    async handle(asked, deps) {
      const principal = await requireHolder(holder, asked.holder, deps)
      if (principal.boundaryId === undefined) {
        const message = `Permissions boundary for the ${holder.kind} ${asked.holder} cannot be found.`
        throw new Refusal('entity.missing', { said: { message } })
      }
      await deps.principals.setBoundary(holder.kind, principal, undefined)
      return {}
    },
  })
}
