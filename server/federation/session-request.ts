import { entityOf, parseArn, readPolicyArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policies } from '../store/policies.ts'
import type { Role, Roles } from '../store/roles.ts'
import type { AskedSession } from './gate.ts'

const minSeconds = 900
const maxSeconds = 43_200
const maxPolicyCharacters = 2_048

export type RoleName = { accountId: string; path: string; name: string }

/** What a role ARN names; undefined when it is none. Says nothing of whether there is such a role. */
export function findRoleArn(text: string): RoleName | undefined {
  const arn = parseArn(text)
  const role = arn && entityOf(arn, 'role')
  if (arn === undefined || role === undefined || arn.partition !== 'aws') return undefined
  return /^\d{12}$/.test(arn.accountId) ? { accountId: arn.accountId, ...role } : undefined
}

/** @throws {Refusal} request.invalid, in the words that AWS uses */
export function readRoleArn(text: string): RoleName {
  const named = findRoleArn(text)
  if (named === undefined) throw new Refusal('request.invalid', { said: { message: `${text} is invalid` } })
  return named
}

/**
 * The role that an ARN names; undefined when there is none, or it is the demo's and the demo is off.
 *
 * @throws {Refusal} request.invalid for what is no role's ARN
 */
export async function findRole(
  { roles, accountId, demo }: { roles: Pick<Roles, 'find'>; accountId: string; demo: boolean },
  text: string,
): Promise<Role | undefined> {
  const named = readRoleArn(text)
  const role = named.accountId === accountId ? await roles.find(named.name) : undefined
  return role === undefined || role.path !== named.path || (role.demo && !demo) ? undefined : role
}

/**
 * The doors check these in their own words; the gate holds them once more, for the door that forgot.
 * @throws {Refusal} request.invalid
 */
export function requireSane({ name, seconds }: AskedSession): void {
  if (!/^[\w+=,.@-]{2,64}$/.test(name))
    throw new Refusal('request.invalid', { said: { message: 'Invalid session name' } })
  if (!Number.isInteger(seconds) || seconds < minSeconds || seconds > maxSeconds) {
    throw new Refusal('request.invalid', { said: { message: 'Invalid session duration' } })
  }
}

/** The policy that was found sound last. Guests all come with the same one. */
let soundPolicy: string | undefined

/**
 * Session policies must parse before they can narrow anything, and managed ones must exist.
 *
 * @throws {Refusal} policy.malformed | policy.packedTooLarge | request.invalid
 */
export async function requireSessionPolicies(
  { policy, policyArns = [] }: Pick<AskedSession, 'policy' | 'policyArns'>,
  accountId: string,
  policies: Pick<Policies, 'find'>,
): Promise<void> {
  const characters = (policy?.length ?? 0) + policyArns.reduce((sum, arn) => sum + arn.length, 0)
  if (characters > maxPolicyCharacters) {
    const percent = String(Math.ceil((characters / maxPolicyCharacters) * 100))
    throw new Refusal('policy.packedTooLarge', { said: { percent } })
  }
  if (policy !== undefined && policy !== soundPolicy) {
    parsePolicy(policy, 'session')
    soundPolicy = policy
  }
  for (const text of policyArns) await requireManagedPolicy(text, accountId, policies)
}

async function requireManagedPolicy(
  text: string,
  accountId: string,
  policies: Pick<Policies, 'find'>,
): Promise<void> {
  const arn = parseArn(text)
  const named = arn && entityOf(arn, 'policy')
  if (arn === undefined || named === undefined || arn.partition !== 'aws') {
    throw new Refusal('request.invalid', { said: { message: `${text} is invalid` } })
  }
  const meant = readPolicyArn(text, accountId)
  const policy = meant && (await policies.find(meant.name, meant.shipped))
  if (policy === undefined || policy.path !== named.path) {
    throw new Refusal('request.invalid', { said: { message: `Policy ${text} does not exist` } })
  }
}
