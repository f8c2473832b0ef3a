import { parsePolicy } from './parse-policy.ts'
import type { Policy, PolicyKind } from './policy.ts'

/** Of each kind. */
const mostDocuments = 10_000
/** For each kind by itself: a key made of kind and document would be a new string to hash at every request. */
const parsed = new Map<PolicyKind, Map<string, Policy | undefined>>()

/**
 * A stored document, compiled once for as long as its text is remembered. Undefined when it no longer
 * parses: whoever asks must then deny everything, since the lost document may have held a Deny.
 */
export function findStoredPolicy(document: string, kind: PolicyKind): Policy | undefined {
  const ofKind = parsed.get(kind) ?? new Map<string, Policy | undefined>()
  const known = ofKind.get(document)
  if (known !== undefined || ofKind.has(document)) return known
  const policy = tryParse(document, kind)
  if (ofKind.size >= mostDocuments) ofKind.clear()
  parsed.set(kind, ofKind.set(document, policy))
  return policy
}

/** All of them, or undefined when one of them no longer parses. */
export function findStoredPolicies(documents: readonly string[], kind: PolicyKind): Policy[] | undefined {
  const policies: Policy[] = []
  for (const document of documents) {
    const policy = findStoredPolicy(document, kind)
    if (policy === undefined) return undefined
    policies.push(policy)
  }
  return policies
}

function tryParse(document: string, kind: PolicyKind): Policy | undefined {
  try {
    return parsePolicy(document, kind)
  } catch {
    return undefined
  }
}
