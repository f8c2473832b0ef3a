import type { PolicySet } from '../../server/policy/decide/decide.ts'
import { parsePolicy } from '../../server/policy/parse-policy.ts'
import type { Policy, PolicyKind } from '../../server/policy/policy.ts'
import type { Documents, PolicyDocument } from './vectors.ts'

/** Documents as the engine takes them. */
export function compile({ identity, group, boundary, session, resource, trust }: Documents): PolicySet {
  return {
    ...(identity && { identity: identity.map(document => parse(document, 'identity')) }),
    ...(group && { group: group.map(document => parse(document, 'identity')) }),
    ...(boundary && { boundary: parse(boundary, 'boundary') }),
    ...(session && { session: session.map(document => parse(document, 'session')) }),
    ...(resource && { resource: parse(resource, 'resource') }),
    ...(trust && { resource: parse(trust, 'trust') }),
  }
}

function parse(document: PolicyDocument, kind: PolicyKind): Policy {
  return parsePolicy(JSON.stringify(document), kind)
}
