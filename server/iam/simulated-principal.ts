import { arnOfPolicy, entityOf, parseArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Principal } from '../store/principals.ts'
import type { IamDeps } from './deps.ts'
import { group, type Holder, noSuchHolder, role, user } from './holders.ts'
import type { Source } from './simulation.ts'

/** What speaks for a principal, and what its requests would carry. */
export type SimulatedPrincipal = {
  identity: readonly Source[]
  group: readonly Source[]
  boundary: Source | undefined
  context: ReadonlyMap<string, readonly string[]>
}

/** @throws {Refusal} entity.missing | entity.invalid (for what is no user, group or role) */
export async function policiesOfPrincipal(text: string, deps: IamDeps): Promise<SimulatedPrincipal> {
  const { holder, principal } = await findPrincipal(text, deps)
  const groups = holder.kind === 'user' ? await deps.users.listGroups(principal.id) : []
  const ofGroups = await Promise.all(groups.map(one => sourcesOf(one, deps)))
  return {
    identity: await sourcesOf(principal, deps),
    group: ofGroups.flat(),
    boundary: await boundaryOf(principal, deps),
    context: contextFor(holder, principal, text, deps),
  }
}

/** @throws {Refusal} entity.missing | entity.invalid (for what is no user, group or role) */
export async function findPrincipal(
  text: string,
  deps: IamDeps,
): Promise<{ holder: Holder; principal: Principal }> {
  const arn = parseArn(text)
  for (const holder of [user, group, role]) {
    const named = arn && entityOf(arn, holder.kind)
    if (named === undefined || arn === undefined) continue
    const principal = arn.accountId === deps.accountId ? await holder.find(named.name, deps) : undefined
    if (principal === undefined || principal.path !== named.path) throw noSuchHolder(holder, named.name)
    return { holder, principal }
  }
  throw new Refusal('entity.invalid', { said: { message: `Invalid Entity Arn: ${text}` } })
}

/** Inline ones, then attached ones, which have an ARN. */
export async function sourcesOf(
  { id }: Principal,
  { principalPolicies, policies, accountId }: IamDeps,
): Promise<(Source & { arn?: string })[]> {
  const inline = await principalPolicies.listInline(id)
  const attached = await principalPolicies.listAttached(id)
  const managed = await Promise.all(
    attached.map(async policy => ({
      id: policy.name,
      arn: arnOfPolicy(policy, accountId),
      document: (await policies.findDocument(policy.id)) ?? '',
    })),
  )
  return [...inline.map(({ name, document }) => ({ id: name, document })), ...managed]
}

async function boundaryOf({ boundaryId }: Principal, { policies }: IamDeps): Promise<Source | undefined> {
  if (boundaryId === undefined) return undefined
  const [policy, document] = [await policies.findById(boundaryId), await policies.findDocument(boundaryId)]
  return { id: policy?.name ?? boundaryId, document: document ?? '' }
}

function contextFor(
  { kind }: Holder,
  { name, id, tags }: Principal,
  arn: string,
  { accountId }: IamDeps,
): Map<string, readonly string[]> {
  const context = new Map<string, readonly string[]>([
    ['aws:principalarn', [arn]],
    ['aws:principalaccount', [accountId]],
  ])
  if (kind === 'user') {
    context.set('aws:username', [name])
    context.set('aws:userid', [id])
  }
  if (kind !== 'group') context.set('aws:principaltype', [kind === 'user' ? 'User' : 'AssumedRole'])
  for (const [key, value] of Object.entries(tags)) {
    context.set(`aws:principaltag/${key.toLowerCase()}`, [value])
  }
  return context
}
