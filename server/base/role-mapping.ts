/** Claims of a proof that was verified, by the provider's own names. */
export type Claims = Readonly<Record<string, unknown>>

export const matchTypes = ['Equals', 'Contains', 'StartsWith', 'NotEqual'] as const
export type MatchType = (typeof matchTypes)[number]

export type MappingRule = { claim: string; matchType: MatchType; value: string; roleArn: string }

/** How people of one provider come by their role. @see Amazon Cognito Developer Guide, "Role-based access control" */
export type RoleMapping = {
  /** What becomes of somebody whom no rule, or no claim, gives one role. */
  ambiguous: 'AuthenticatedRole' | 'Deny'
} & ({ type: 'Token' } | { type: 'Rules'; rules: readonly MappingRule[] })

export type RoleQuestion = {
  /** Absent: the default counts. */
  mapping?: RoleMapping | undefined
  claims: Claims
  defaultRole?: string | undefined
  /** The role that was asked for by name, among those that the mapping would give. */
  askedRole?: string | undefined
}

/** Which role, and why; or that there is none, and why. The role's trust policy has the last word all the same. */
export type MappedRole =
  | { outcome: 'role'; roleArn: string; why: Why }
  | { outcome: 'denied'; why: Extract<Why, { kind: 'ambiguous' | 'notAmongTheirs' | 'noDefault' }> }

export type Why =
  /** `index` from 0: the first rule that matched, or the first that gives the role that was asked for. */
  | { kind: 'rule'; index: number; rule: MappingRule }
  | { kind: 'preferredRole' }
  | { kind: 'onlyRole' }
  | { kind: 'askedRole' }
  /** No mapping, or nothing that it gives. */
  | { kind: 'default' }
  /** No mapping gives one role, and ambiguity is denied. */
  | { kind: 'ambiguous' }
  | { kind: 'notAmongTheirs' }
  | { kind: 'noDefault' }

export const mostRules = 25

/** Chooses by what was verified alone: no clock, no store. */
export function mapRole(question: RoleQuestion): MappedRole {
  const { mapping, askedRole } = question
  if (mapping === undefined) return withoutMapping(question)
  const candidates = mapping.type === 'Rules' ? byRules(mapping.rules, question) : byToken(question)
  if (askedRole !== undefined) {
    const asked = candidates.all.find(({ roleArn }) => roleArn === askedRole)
    return asked === undefined
      ? { outcome: 'denied', why: { kind: 'notAmongTheirs' } }
      : { outcome: 'role', ...asked }
  }
  if (candidates.first !== undefined) return { outcome: 'role', ...candidates.first }
  return mapping.ambiguous === 'Deny'
    ? { outcome: 'denied', why: { kind: 'ambiguous' } }
    : byDefault(question)
}

/**
 * Every role that somebody may choose among, each once: the one that they are given unasked first, where there is one.
 */
export function mapRoles(question: Omit<RoleQuestion, 'askedRole'>): readonly Candidate[] {
  const { mapping } = question
  const unasked = mapRole(question)
  const first = unasked.outcome === 'role' ? [unasked] : []
  const rest =
    mapping === undefined
      ? []
      : (mapping.type === 'Rules' ? byRules(mapping.rules, question) : byToken(question)).all
  const known = new Set<string>()
  return [...first, ...rest].flatMap(({ roleArn, why }) => {
    if (known.has(roleArn)) return []
    known.add(roleArn)
    return [{ roleArn, why }]
  })
}

export type Candidate = { roleArn: string; why: Why }

/** Every role that the mapping would give, and the one that it does give. */
type Candidates = { all: readonly Candidate[]; first: Candidate | undefined }

function byRules(rules: readonly MappingRule[], { claims }: RoleQuestion): Candidates {
  const all = rules.flatMap((rule, index): Candidate[] =>
    matches(rule, claims) ? [{ roleArn: rule.roleArn, why: { kind: 'rule', index, rule } }] : [],
  )
  return { all, first: all[0] }
}

/** A role that is preferred must be one of theirs. Of several without a preferred one, none is given. */
function byToken({ claims }: RoleQuestion): Candidates {
  const roles = [...new Set(valuesOf(claims, 'cognito:roles'))]
  const [preferred] = valuesOf(claims, 'cognito:preferred_role')
  const all = roles.map((roleArn): Candidate => ({ roleArn, why: { kind: 'askedRole' } }))
  if (preferred !== undefined && (roles.length === 0 || roles.includes(preferred))) {
    const first: Candidate = { roleArn: preferred, why: { kind: 'preferredRole' } }
    return { all: roles.length === 0 ? [first] : all, first }
  }
  const [only, ...others] = roles
  if (only === undefined || others.length > 0 || preferred !== undefined) return { all, first: undefined }
  return { all, first: { roleArn: only, why: { kind: 'onlyRole' } } }
}

function withoutMapping(question: RoleQuestion): MappedRole {
  const { askedRole, defaultRole } = question
  if (askedRole !== undefined && askedRole !== defaultRole) {
    return { outcome: 'denied', why: { kind: 'notAmongTheirs' } }
  }
  return byDefault(question)
}

function byDefault({ defaultRole }: RoleQuestion): MappedRole {
  return defaultRole === undefined
    ? { outcome: 'denied', why: { kind: 'noDefault' } }
    : { outcome: 'role', roleArn: defaultRole, why: { kind: 'default' } }
}

/**
 * A claim that is not there matches nothing, NotEqual neither: a rule is about what the token says. Of a list one value
 * must fit, and for NotEqual none may.
 */
export function matches({ claim, matchType, value }: MappingRule, claims: Claims): boolean {
  const values = valuesOf(claims, claim)
  if (values.length === 0) return false
  switch (matchType) {
    case 'Equals':
      return values.includes(value)
    case 'Contains':
      return values.some(one => one.includes(value))
    case 'StartsWith':
      return values.some(one => one.startsWith(value))
    case 'NotEqual':
      return !values.includes(value)
  }
}

/** A claim as text, or as a list of text. An object can't be compared with anything. */
export function valuesOf(claims: Claims, claim: string): string[] {
  if (!Object.hasOwn(claims, claim)) return []
  const value = claims[claim]
  return (Array.isArray(value) ? value : [value]).flatMap(one =>
    ['string', 'number', 'boolean'].includes(typeof one) ? [String(one)] : [],
  )
}
