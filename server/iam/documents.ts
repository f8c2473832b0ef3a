import { Refusal } from '../base/refusal.ts'
import { lint } from '../policy/lint/lint.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { PolicyKind } from '../policy/policy.ts'
import type { Holder } from './holders.ts'

/**
 * The longest documents, in characters that are not white space. A role's inline policies share theirs.
 * @see AWS IAM User Guide, "IAM and AWS STS quotas"
 */
const quotas = {
  trust: { most: 4_096, name: 'ACLSizePerRole' },
  managed: { most: 6_144, name: 'PolicySize' },
} as const
/** Who writes the document, and when. */
export type Writing = {
  nowMs: number
  /** Hears what is risky in it or most likely not meant, and yet taken. */
  warn(text: string): void
}

/**
 * A document must parse and fit before it is written.
 *
 * @throws {Refusal} policy.malformed | entity.limit
 */
export function requireDocument(document: string, kind: keyof typeof quotas, writing: Writing): void {
  const { most, name } = quotas[kind]
  if (sizeOf(document) > most) throw overLimit(`Cannot exceed quota for ${name}: ${most}`)
  if (kind === 'trust') requireSound(document, 'trust', writing)
  else requireSound(document, 'identity', writing, 'managed')
}

/**
 * The same for an inline policy, which must fit beside the `others` that its holder has.
 *
 * @throws {Refusal} policy.malformed | entity.limit
 */
export function requireInlineDocument(
  document: string,
  others: readonly string[],
  { kind, inlineQuota }: Pick<Holder, 'kind' | 'inlineQuota'>,
  name: string,
  writing: Writing,
): void {
  const size = [document, ...others].reduce((sum, one) => sum + sizeOf(one), 0)
  if (size > inlineQuota) {
    throw overLimit(`Maximum policy size of ${inlineQuota} bytes exceeded for ${kind} ${name}`)
  }
  requireSound(document, 'identity', writing, kind)
}

/** An error is what the parser refuses, and it says it in AWS's words; the rest is told. */
function requireSound(
  document: string,
  kind: PolicyKind,
  { nowMs, warn }: Writing,
  holder?: 'managed' | Holder['kind'],
): void {
  parsePolicy(document, kind)
  const options = holder === undefined ? { nowMs } : { nowMs, holder }
  for (const { level, code, path, message, fix } of lint(document, kind, options)) {
    if (level === 'error') throw new Refusal('policy.malformed', { said: { message } })
    if (level !== 'suggestion') warn(`${level} ${code} ${path}: ${message} ${fix}`)
  }
}

function sizeOf(document: string): number {
  return document.replace(/\s+/g, '').length
}

function overLimit(message: string): Refusal {
  return new Refusal('entity.limit', { said: { message } })
}
