import type { Permission } from '../authorization/authorize.ts'
import { entityOf, parseArn } from '../base/arn.ts'
import type { Actor } from './access-findings.ts'
import type { IamDeps } from './deps.ts'
import { group, role, user } from './holders.ts'
import { on, onPolicy } from './permissions.ts'
import { requirePolicy } from './policy-arn.ts'
import { findPrincipal } from './simulated-principal.ts'

/** A permission on a user, group, role or policy, whichever the ARN names. */
export function onEntity(action: string, text: string, deps: IamDeps): Promise<Permission> {
  const arn = parseArn(text)
  for (const holder of [user, group, role]) {
    const named = arn && entityOf(arn, holder.kind)
    if (named !== undefined) return on(holder, action, named.name, deps)
  }
  return onPolicy(action, text, deps)
}

/** Who acts with it, and by what documents. @throws {Refusal} entity.missing | entity.invalid */
export async function reachOf(
  text: string,
  deps: IamDeps,
): Promise<{ actors: Actor[]; documents: string[] }> {
  const arn = parseArn(text)
  if (arn !== undefined && entityOf(arn, 'policy') !== undefined) {
    const { id } = await requirePolicy(text, deps, `Policy ${text} was not found.`)
    const attached = await deps.policies.listAttached(id)
    const actors = await Promise.all(attached.map(one => actorsNamed(one, deps)))
    const document = await deps.policies.findDocument(id)
    return { actors: unique(actors.flat()), documents: document === undefined ? [] : [document] }
  }
  const found = await findPrincipal(text, deps)
  const { principal } = found
  const groups = found.holder.kind === 'user' ? await deps.users.listGroups(principal.id) : []
  const documents = await Promise.all(
    [principal, ...groups].map(({ id }) => deps.principalPolicies.documents(id)),
  )
  return { actors: await actorsOf(found, deps), documents: documents.flat() }
}

const holders = { user, group, role }

async function actorsNamed({ kind, name }: { kind: 'user' | 'group' | 'role'; name: string }, deps: IamDeps) {
  const principal = await holders[kind].find(name, deps)
  return principal === undefined ? [] : actorsOf({ holder: holders[kind], principal }, deps)
}

/** A group does nothing itself: its users do. */
async function actorsOf({ holder, principal }: Actor, { groups }: IamDeps): Promise<Actor[]> {
  if (holder.kind !== 'group') return [{ holder, principal }]
  return (await groups.listUsers(principal.id)).map(one => ({ holder: user, principal: one }))
}

function unique(actors: readonly Actor[]): Actor[] {
  return [...new Map(actors.map(actor => [actor.principal.id, actor])).values()]
}
