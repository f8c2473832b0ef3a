import type { PolicyKind } from '../../policy.ts'
import { type Answer, type CheckTable, once, problem } from '../check.ts'
import type { Holder, PolicyView } from '../view/policy-view.ts'

/**
 * The most characters that Rolecall takes.
 * @see AWS IAM User Guide, "IAM and AWS STS quotas"; Secrets Manager User Guide, "Quotas", resource policies
 */
const most: Record<PolicyKind, number> = {
  identity: 10_240,
  boundary: 6_144,
  session: 2_048,
  trust: 4_096,
  resource: 20_480,
}

const mostFor: Record<Holder, number> = { user: 2_048, group: 5_120, role: 10_240, managed: 6_144 }

/** What fits here, but not where somebody may well put it. */
const tight: Partial<Record<PolicyKind, readonly [most: number, where: string]>> = {
  identity: [6_144, 'a managed policy'],
  trust: [2_048, "a role of AWS's without a raised quota"],
}

/** A longer text is not looked into. */
export const readAtMost = 40_000

export const sizeChecks = {
  'policy-too-large': { level: 'error', find: once(tooLarge) },
  'policy-large': { level: 'warning', find: once(large) },
} satisfies CheckTable

/** White space does not count, but in a session policy: that is sent along whole. */
export function sizeOf(text: string, kind: PolicyKind): number {
  return kind === 'session' ? text.length : text.replace(/\s+/g, '').length
}

function limitOf({ kind, options }: PolicyView): number {
  return kind === 'identity' && options.holder !== undefined ? mostFor[options.holder] : most[kind]
}

function tooLarge(policy: PolicyView): Answer {
  const [size, limit] = [sizeOf(policy.text, policy.kind), limitOf(policy)]
  if (size <= limit) return undefined
  const message = `The policy has ${size} characters; at most ${limit} are taken.`
  return problem({ path: '', at: 0 }, message, 'Join statements that differ little, or use several policies.')
}

function large(policy: PolicyView): Answer {
  const [limit, where] = tight[policy.kind] ?? []
  if (limit === undefined || policy.options.holder !== undefined) return undefined
  const size = sizeOf(policy.text, policy.kind)
  if (size <= limit || size > limitOf(policy)) return undefined
  const message = `The policy has ${size} characters, and does not fit ${where}: that takes ${limit}.`
  return problem({ path: '', at: 0 }, message, 'Make it shorter if it is to go there.')
}
