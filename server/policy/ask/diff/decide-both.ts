import { type Decision, decide, type PolicySet } from '../../decide/decide.ts'
import type { Policy, PolicyKind } from '../../policy.ts'
import type { PolicyRequest } from '../../request.ts'
import type { Asker } from './askers.ts'
import type { TextClass } from './classes.ts'
import type { Comparison, Side } from './comparison.ts'
import { exampleAccounts } from './principals.ts'

export type Outcomes = Readonly<Record<Side, Decision['outcome']>>

/** Texts that are alike to all statements, by their action and by their resource. */
export type Pair = { action: TextClass; resource: TextClass }

/** How each version decides, with what stands beside it. */
export function decideBoth(
  { kind, versions }: Comparison,
  { beside }: Asker,
  request: PolicyRequest,
): Outcomes {
  return {
    old: decide(setWith(beside, kind, versions.old), request).outcome,
    new: decide(setWith(beside, kind, versions.new), request).outcome,
  }
}

export function setWith(beside: PolicySet, kind: PolicyKind, policy: Policy): PolicySet {
  switch (kind) {
    case 'identity':
      return { ...beside, identity: [policy] }
    case 'session':
      return { ...beside, session: [policy] }
    case 'boundary':
      return { ...beside, boundary: policy }
    default:
      return { ...beside, resource: policy }
  }
}

/** With an empty context. */
export function requestFor(
  kind: PolicyKind,
  { principal, resourceAccountId }: Asker,
  { action, resource }: Pair,
): PolicyRequest {
  const role = `arn:aws:iam::${resourceAccountId ?? exampleAccounts[0]}:role/example`
  return {
    principal,
    action: action.texts[0] ?? '',
    resource: kind === 'trust' ? role : (resource.texts[0] ?? ''),
    ...(resourceAccountId === undefined ? {} : { resourceAccountId }),
    context: new Map(),
  }
}
