import { Refusal } from '../base/refusal.ts'
import { parsePolicy } from '../policy/parse-policy.ts'

/**
 * The longest documents, in characters that are not white space. A role's inline policies share theirs.
 * @see AWS IAM User Guide, "IAM and AWS STS quotas"
 */
const quotas = {
  trust: { most: 4_096, name: 'ACLSizePerRole' },
  managed: { most: 6_144, name: 'PolicySize' },
} as const
const mostInline = 10_240

/**
 * A document must parse and fit before it is written.
 *
 * @throws {Refusal} policy.malformed | entity.limit
 */
export function requireDocument(document: string, kind: keyof typeof quotas): void {
  const { most, name } = quotas[kind]
  if (sizeOf(document) > most) throw overLimit(`Cannot exceed quota for ${name}: ${most}`)
  parsePolicy(document, kind === 'trust' ? 'trust' : 'identity')
}

/**
 * The same for a role's inline policy, which must fit beside the `others` that the role has.
 *
 * @throws {Refusal} policy.malformed | entity.limit
 */
export function requireInlineDocument(document: string, others: readonly string[], roleName: string): void {
  const size = [document, ...others].reduce((sum, one) => sum + sizeOf(one), 0)
  if (size > mostInline) {
    throw overLimit(`Maximum policy size of ${mostInline} bytes exceeded for role ${roleName}`)
  }
  parsePolicy(document, 'identity')
}

function sizeOf(document: string): number {
  return document.replace(/\s+/g, '').length
}

function overLimit(message: string): Refusal {
  return new Refusal('entity.limit', { said: { message } })
}
