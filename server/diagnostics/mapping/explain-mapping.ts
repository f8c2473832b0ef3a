import { newRequestId } from '../../base/ids.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Why } from '../../base/role-mapping.ts'
import {
  type AskedMapping,
  findMappingSample,
  type JudgedMapping,
  type JudgedRule,
  type JudgedTrust,
  judgeMapping,
  type MappingSample,
} from '../../federation/mapping/judge-mapping.ts'
import type { ProviderTestDeps } from '../deps.ts'
import { refusalAdvice } from '../request/refusal-advice.ts'
import { ok, problem, type Step, skipped } from '../step.ts'

/**
 * What a role mapping makes of a sample of claims: each rule, which one fires and why, and whether the role's trust
 * policy would admit them. Nothing is handed out.
 *
 * @returns undefined where there is no such mapping
 */
export async function explainMapping(
  asked: Omit<AskedMapping, 'byShortName'> & { sourceIp?: string | undefined },
  { store, ...deps }: ProviderTestDeps,
): Promise<Step[] | undefined> {
  const about = { ...store, ...deps }
  try {
    const sample = await findMappingSample({ ...asked, byShortName: true }, about)
    if (sample === undefined) return undefined
    const atMs = deps.clock()
    const { sourceIp = '127.0.0.1' } = asked
    const facts = { requestId: newRequestId(atMs), sourceIp, secure: true, atMs }
    return stepsOf(sample, await judgeMapping(sample, facts, about))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { means, change } = refusalAdvice[error.reason]
    return [
      problem(
        'Claims',
        `Refused as ${error.reason}. ${means} (${error.said.message ?? error.detail})`,
        change,
      ),
    ]
  }
}

function stepsOf(sample: MappingSample, { rules, role, trusts }: JudgedMapping): Step[] {
  return [
    ...rules.map(ruleStep),
    roleStep(sample, role),
    // The first is the one that is given; the others are theirs to choose.
    ...trusts.map((trust, index) => trustStep(trust, index === 0)),
  ]
}

function ruleStep({ rule, values, matches }: JudgedRule, index: number): Step {
  const found = values.length === 0 ? `there is no claim ${rule.claim}` : `${rule.claim} is ${quoted(values)}`
  const says = `${rule.claim} ${rule.matchType} ${quoted([rule.value])}, for ${rule.roleArn}`
  return matches
    ? ok(ruleName(index), `Matches: ${says}; ${found}.`)
    : skipped(ruleName(index), `Does not match: ${says}; ${found}.`)
}

function roleStep({ mapping }: MappingSample, mapped: JudgedMapping['role']): Step {
  if (mapped.outcome === 'role') return ok('Role', `${mapped.roleArn}, ${reasonOf(mapped.why)}.`)
  const found = mapping.type === 'Rules' ? 'No rule matches' : 'The token gives no one role'
  return mapped.why.kind === 'noDefault'
    ? problem('Role', `${found}, and there is no default role.`, 'Set the default role, or add a rule.')
    : problem('Role', `${found}, and then none is given (Deny).`, 'Add a rule, if they shall have a role.')
}

function reasonOf(why: Why): string {
  switch (why.kind) {
    case 'rule':
      return `by rule ${why.index + 1}, the first that matches`
    case 'preferredRole':
      return 'the one that the token prefers'
    case 'onlyRole':
      return 'the only one that the token names'
    case 'default':
      return 'the default, since nothing else gives one role'
    default:
      return 'because it was asked for'
  }
}

function trustStep(trust: JudgedTrust, isFirst: boolean): Step {
  const { roleArn } = trust
  const check = `Trust policy, ${roleArn.slice(roleArn.lastIndexOf('/') + 1)}`
  if (trust.admits) return ok(check, isFirst ? 'Admits them.' : 'Admits them too, if they choose it.')
  return isFirst
    ? problem(check, `Does not admit them: ${trust.why}.`, 'Change the role’s trust policy, or the mapping.')
    : skipped(check, `Does not admit them: ${trust.why}.`)
}

function ruleName(index: number): string {
  return `Rule ${index + 1}`
}

const mostTold = 10

function quoted(values: readonly string[]): string {
  const told = values.slice(0, mostTold).map(value => `“${value}”`)
  return values.length > mostTold
    ? `${told.join(', ')} and ${values.length - mostTold} more`
    : told.join(', ')
}
