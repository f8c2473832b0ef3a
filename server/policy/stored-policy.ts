import { createRecent, type Recent } from '../base/recent.ts'
import { parsePolicy } from './parse-policy.ts'
import type { Policy, PolicyKind } from './policy.ts'

/**
 * Of the documents that are remembered, for each kind and each of two generations. Compiled, a character may take 60
 * bytes: whoever narrows sessions or sets a secret's policy over and over must not fill memory with what they wrote.
 */
const mostCharacters = 2_000_000

type Remembered = { document: string; policy: Policy | undefined }

/** For each kind by itself: a key made of kind and document would be a new string to hash at every request. */
const parsed = new Map<PolicyKind, Recent<Remembered>>()

/**
 * A stored document, compiled once for as long as its text is remembered. Undefined when it no longer
 * parses: whoever asks must then deny everything, since the lost document may have held a Deny.
 */
export function findStoredPolicy(document: string, kind: PolicyKind): Policy | undefined {
  const ofKind = parsed.get(kind) ?? createRecent<Remembered>(mostCharacters, one => one.document.length)
  parsed.set(kind, ofKind)
  const one = ofKind.find(document) ?? { document, policy: tryParse(document, kind) }
  ofKind.keep(document, one)
  return one.policy
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
