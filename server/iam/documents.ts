import { Refusal } from '../base/refusal.ts'
import { parsePolicy } from '../policy/parse-policy.ts'

/**
 * The longest documents, in characters that are not white space.
 * @see AWS IAM User Guide, "IAM and AWS STS quotas"
 */
const quotas = {
  trust: { most: 4_096, name: 'ACLSizePerRole' },
  managed: { most: 6_144, name: 'PolicySize' },
  inline: { most: 10_240, name: 'PolicySizePerRole' },
} as const

/**
 * A document must parse and fit before it is written.
 *
 * @throws {Refusal} policy.malformed | entity.limit
 */
export function requireDocument(document: string, kind: keyof typeof quotas): void {
  const { most, name } = quotas[kind]
  if (document.replace(/\s+/g, '').length > most) {
    throw new Refusal('entity.limit', { said: { message: `Cannot exceed quota for ${name}: ${most}` } })
  }
  parsePolicy(document, kind === 'trust' ? 'trust' : 'identity')
}
