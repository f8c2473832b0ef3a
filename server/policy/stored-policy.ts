import { parsePolicy } from './parse-policy.ts'
import type { Policy, PolicyKind } from './policy.ts'

const mostDocuments = 10_000
const parsed = new Map<string, Policy | undefined>()

/**
 * A stored document, compiled once for as long as its text is remembered. Undefined when it no longer
 * parses: whoever asks must then deny everything, since the lost document may have held a Deny.
 */
export function findStoredPolicy(document: string, kind: PolicyKind): Policy | undefined {
  const key = `${kind}${document}`
  if (parsed.has(key)) return parsed.get(key)
  const policy = tryParse(document, kind)
  if (parsed.size >= mostDocuments) parsed.clear()
  parsed.set(key, policy)
  return policy
}

/** All of them, or undefined when one of them no longer parses. */
export function findStoredPolicies(documents: readonly string[], kind: PolicyKind): Policy[] | undefined {
  const policies = documents.map(document => findStoredPolicy(document, kind))
  return policies.every(policy => policy !== undefined) ? policies : undefined
}

function tryParse(document: string, kind: PolicyKind): Policy | undefined {
  try {
    return parsePolicy(document, kind)
  } catch {
    return undefined
  }
}
