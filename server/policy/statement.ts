import { Refusal } from '../base/refusal.ts'
import { compileArnPattern } from './arn-pattern.ts'
import { type Condition, compileCondition } from './condition.ts'
import { type Context, compilePattern, type Pattern } from './pattern.ts'
import { compilePrincipal, type PolicyPrincipal, type PrincipalElement, principalTypes } from './principal.ts'

/** One statement, compiled. What it lacks, such as a resource in a trust policy, matches everything. */
export type Statement = {
  index: number
  sid?: string
  effect: 'Allow' | 'Deny'
  /** As they are written, for people. */
  written: {
    actions: readonly string[]
    notActions: boolean
    resources: readonly string[]
    notResources: boolean
  }
  conditions: readonly Condition[]
  matches(request: StatementRequest): boolean
}

export type StatementRequest = {
  principal: PolicyPrincipal
  action: string
  resource: string
  context: Context
}

const elements = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]

/**
 * @param index its place in the document, for messages
 * @throws {Refusal} policy.malformed
 */
export function parseStatement(
  given: unknown,
  index: number,
  kind: 'identity' | 'trust' | 'session',
  variables: boolean,
): Statement {
  const at = `Statement[${index}]`
  const statement = requireObject(given, at)
  const unknown = Object.keys(statement).find(name => !elements.includes(name))
  if (unknown !== undefined) throw malformed(`${at}: ${unknown} is not an element of a statement`)
  const { Sid: sid, Effect: effect } = statement
  if (sid !== undefined && (typeof sid !== 'string' || !/^[A-Za-z0-9]*$/.test(sid))) {
    throw malformed(`${at}.Sid must have only letters and digits`)
  }
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`${at}.Effect must be "Allow" or "Deny"`)

  const actions = parseActions(statement, at, kind)
  const resources = parseResources(statement, at, kind, variables)
  const principal = parsePrincipal(statement, at, kind)
  const conditions = parseConditions(statement.Condition, at, variables)
  return {
    index,
    ...(sid === undefined ? {} : { sid }),
    effect,
    written: {
      actions: actions.written,
      notActions: actions.negated,
      resources: resources?.written ?? [],
      notResources: resources?.negated ?? false,
    },
    conditions,
    matches({ principal: sender, action, resource, context }) {
      if (matchesAny(actions.patterns, action, context) === actions.negated) return false
      if (resources && matchesAny(resources.patterns, resource, context) === resources.negated) return false
      if (principal && principal.matches(sender) === principal.negated) return false
      for (const condition of conditions) if (!condition.holds(context)) return false
      return true
    },
  }
}

type Patterns = { patterns: readonly Pattern[]; written: readonly string[]; negated: boolean }

function matchesAny(patterns: readonly Pattern[], text: string, context: Context): boolean {
  for (const pattern of patterns) if (pattern.matches(text, context)) return true
  return false
}

/** One of the element and its Not-form; both, or neither, is an error. */
function oneOf(
  statement: Record<string, unknown>,
  name: string,
  at: string,
): { value: unknown; negated: boolean; path: string } {
  const not = `Not${name}`
  if (name in statement && not in statement) throw malformed(`${at} has both ${name} and ${not}`)
  const negated = not in statement
  const path = `${at}.${negated ? not : name}`
  return { value: statement[negated ? not : name], negated, path }
}

function parseActions(statement: Record<string, unknown>, at: string, kind: string): Patterns {
  const { value, negated, path } = oneOf(statement, 'Action', at)
  if (value === undefined) throw malformed(`${at} must have Action or NotAction`)
  const written = requireStrings(value, path)
  for (const action of written) {
    const known = action === '*' || /^[A-Za-z0-9-]+:[A-Za-z0-9*?_.-]+$/.test(action)
    if (!known) throw malformed(`${path}: "${action}" is not of the form service:Action`)
    if (kind === 'trust' && !/^sts:/i.test(action)) {
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.')
    }
  }
  const patterns = written.map(action =>
    compilePattern(action, { wildcards: true, variables: false, ignoreCase: true }),
  )
  return { patterns, written, negated }
}

function parseResources(
  statement: Record<string, unknown>,
  at: string,
  kind: string,
  variables: boolean,
): Patterns | undefined {
  const { value, negated, path } = oneOf(statement, 'Resource', at)
  if (kind === 'trust') {
    if (value !== undefined) throw malformed('Has prohibited field Resource')
    return undefined
  }
  if (value === undefined) throw malformed(`${at} must have Resource or NotResource`)
  const written = requireStrings(value, path)
  for (const resource of written) {
    if (
      resource !== '*' &&
      !resource.startsWith('arn:') &&
      !resource.startsWith('*') &&
      !resource.startsWith('${')
    ) {
      throw malformed(`Resource ${resource} must be in ARN format or "*".`)
    }
  }
  const patterns = written.map(resource => compileArnPattern(resource, variables))
  return { patterns, written, negated }
}

function parsePrincipal(
  statement: Record<string, unknown>,
  at: string,
  kind: string,
): { matches: (principal: PolicyPrincipal) => boolean; negated: boolean } | undefined {
  const { value, negated, path } = oneOf(statement, 'Principal', at)
  if (kind !== 'trust') {
    if (value !== undefined) throw malformed('Policy document should not specify a principal.')
    return undefined
  }
  if (value === undefined) throw malformed(`${at} must have Principal or NotPrincipal`)
  return { matches: compilePrincipal(readPrincipal(value, path)), negated }
}

function readPrincipal(value: unknown, path: string): PrincipalElement {
  if (value === '*') return '*'
  const entries = Object.entries(requireObject(value, path))
  if (entries.length === 0) throw malformed(`${path} names nobody`)
  const read: Record<string, readonly string[]> = {}
  for (const [type, names] of entries) {
    if (!principalTypes.some(one => one === type))
      throw malformed(`${path}: ${type} is not a type of principal`)
    read[type] = requireStrings(names, `${path}.${type}`)
    // AWS takes a wildcard for no provider; taken for text it would silently match nobody.
    if (type !== 'AWS' && read[type].some(name => name.includes('*'))) {
      throw malformed(`${path}.${type} must name principals without wildcards`)
    }
  }
  return read
}

function parseConditions(value: unknown, at: string, variables: boolean): Condition[] {
  if (value === undefined) return []
  const conditions: Condition[] = []
  for (const [operator, block] of Object.entries(requireObject(value, `${at}.Condition`))) {
    const path = `${at}.Condition.${operator}`
    for (const [key, values] of Object.entries(requireObject(block, path))) {
      if (key === '') throw malformed(`${path} has an empty key`)
      const compiled = compileCondition(operator, key, requireScalars(values, `${path}.${key}`), variables)
      if (typeof compiled === 'string') throw malformed(`${path}.${key}: ${compiled}`)
      conditions.push(compiled)
    }
  }
  return conditions
}

function requireObject(value: unknown, path: string): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject) throw malformed(`${path} must be an object`)
  return value as Record<string, unknown>
}

function requireStrings(value: unknown, path: string): string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw malformed(`${path} must not be empty`)
  if (!list.every(one => typeof one === 'string' && one !== ''))
    throw malformed(`${path} must be text or a list of texts`)
  return list
}

/** Numbers and booleans may be written bare in a condition. */
function requireScalars(value: unknown, path: string): string[] {
  const list = Array.isArray(value) ? value : [value]
  if (!list.every(one => ['string', 'number', 'boolean'].includes(typeof one))) {
    throw malformed(`${path} must be a value or a list of values`)
  }
  return list.map(String)
}

function malformed(message: string): Refusal {
  return new Refusal('policy.malformed', { said: { message } })
}
