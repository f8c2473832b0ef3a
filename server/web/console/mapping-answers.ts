import type { Result } from '../../aws/action.ts'
import { isTrueIn, structureIn, structuresIn, textIn, textsIn } from './read-answer.ts'

/** A mapping as the pages show it, whoever has it. */
export type ShownMapping = {
  provider: string
  byToken: boolean
  /** Whether nobody gets a role by default. */
  denies: boolean
  defaultRole: string | undefined
  rules: readonly ShownRule[]
}

export type ShownRule = { claim: string; matchType: string; value: string; roleArn: string }

export type ShownVerdict = {
  rules: readonly (ShownRule & { matches: boolean; fires: boolean; values: string[]; more: number })[]
  outcome: string
  firingRule: string | undefined
  roleArn: string | undefined
  trusts: readonly { roleArn: string; admits: boolean; isGiven: boolean; why: string | undefined }[]
}

/** GetProviderRoleMapping's. */
export function providerMapping(answer: Result): ShownMapping {
  return mappingOf(textIn(answer, 'Provider') ?? '', answer, answer, textIn(answer, 'DefaultRoleArn'))
}

/** All of a pool's, of GetIdentityPoolRoles. */
export function poolMappings(answer: Result): ShownMapping[] {
  const mappings = structureIn(answer, 'RoleMappings')
  const defaultRole = textIn(structureIn(answer, 'Roles'), 'authenticated')
  return Object.keys(mappings).map(name => {
    const mapping = structureIn(mappings, name)
    return mappingOf(name, mapping, structureIn(mapping, 'RulesConfiguration'), defaultRole)
  })
}

function mappingOf(
  provider: string,
  mapping: Result,
  ruled: Result,
  defaultRole: string | undefined,
): ShownMapping {
  const denies = textIn(mapping, 'AmbiguousRoleResolution') === 'Deny'
  return {
    provider,
    byToken: textIn(mapping, 'Type') === 'Token',
    denies,
    defaultRole: denies ? undefined : defaultRole,
    rules: structuresIn(ruled, 'Rules').map(ruleOf),
  }
}

/** SimulateRoleMapping's. */
export function verdictOf(answer: Result): ShownVerdict {
  const firingRule = textIn(answer, 'FiringRule')
  const roleArn = textIn(answer, 'RoleARN')
  return {
    rules: structuresIn(answer, 'Rules').map((rule, index) => ({
      ...ruleOf(rule),
      matches: isTrueIn(rule, 'Matches'),
      fires: firingRule === String(index + 1),
      values: textsIn(rule, 'ClaimValues'),
      more: Number(textIn(rule, 'MoreClaimValues') ?? 0),
    })),
    outcome: textIn(answer, 'Outcome') ?? '',
    firingRule,
    roleArn,
    trusts: structuresIn(answer, 'Trusts').map(trust => ({
      roleArn: textIn(trust, 'RoleARN') ?? '',
      admits: isTrueIn(trust, 'Admits'),
      isGiven: textIn(trust, 'RoleARN') === roleArn,
      why: textIn(trust, 'Reason'),
    })),
  }
}

function ruleOf(rule: Result): ShownRule {
  return {
    claim: textIn(rule, 'Claim') ?? '',
    matchType: textIn(rule, 'MatchType') ?? '',
    value: textIn(rule, 'Value') ?? '',
    roleArn: textIn(rule, 'RoleARN') ?? '',
  }
}
