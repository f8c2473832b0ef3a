import { compileResourcePattern } from '../match/arn-pattern.ts'
import { compilePattern, type Pattern } from '../match/pattern.ts'
import type { SharedParts } from '../match/shared-parts.ts'
import { namesPrincipals, type PolicyKind } from '../policy.ts'
import { type Condition, compileCondition, isOperator } from './condition.ts'
import { malformed } from './malformed.ts'
import { compilePrincipal, type PrincipalElement, principalTypes } from './principal.ts'
import type { Patterns, Principals, Statement } from './statement.ts'

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

/** What the statements of one document have in common. */
export type Document = {
  kind: PolicyKind
  /** Whether `${...}` acts. */
  variables: boolean
  /** What was compiled already. Statements repeat each other, and what they share stays at hand in the processor. */
  actions: Map<string, Patterns>
  conditions: Map<string, Condition>
  /** Whole Condition elements. */
  blocks: Map<string, readonly Condition[]>
  shared: SharedParts
}

/** @throws {Refusal} policy.malformed */
export function parseStatement(given: unknown, index: number, document: Document): Statement {
  const { kind } = document
  const at = `Statement[${index}]`
  const statement = requireObject(given, at)
  for (const name in statement) {
    if (!elements.includes(name)) throw malformed(`${at}: ${name} is not an element of a statement`)
  }
  const { Sid: sid, Effect: effect } = statement
  const sidPattern = kind === 'resource' ? /^[\x20-\x7e]*$/ : /^[A-Za-z0-9]*$/
  if (sid !== undefined && (typeof sid !== 'string' || !sidPattern.test(sid))) {
    throw malformed(`${at}.Sid must have only letters and digits`)
  }
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`${at}.Effect must be "Allow" or "Deny"`)
  const actions = parseActions(statement, at, document)
  const resources = parseResources(statement, at, document)
  // What a decision looks at stands first, and so together.
  const parsed: Statement = {
    index,
    resource: resources && onlyOf(resources),
    principal: parsePrincipal(statement, at, effect, kind),
    conditions: parseConditions(statement.Condition, at, effect, document),
    resources,
    effect,
    actions,
  }
  // Not within the literal: V8 would keep what follows a spread in a place of its own, one more to fetch.
  if (typeof sid === 'string') parsed.sid = sid
  return parsed
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

function parseActions(statement: Record<string, unknown>, at: string, document: Document): Patterns {
  const { value, negated, path } = oneOf(statement, 'Action', at)
  if (value === undefined) throw malformed(`${at} must have Action or NotAction`)
  const written = requireStrings(value, path)
  const name = JSON.stringify([negated, written])
  const known = document.actions.get(name)
  if (known !== undefined) return known
  for (const action of written) {
    const isAction = action === '*' || /^[A-Za-z0-9-]+:[A-Za-z0-9*?_.-]+$/.test(action)
    if (!isAction) throw malformed(`${path}: "${action}" is not of the form service:Action`)
    if (document.kind === 'trust' && !/^sts:/i.test(action)) {
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.')
    }
  }
  const patterns = written.map(action =>
    compilePattern(action.toLowerCase(), { wildcards: true, variables: false }),
  )
  const actions = { patterns, written, negated }
  document.actions.set(name, actions)
  return actions
}

function parseResources(
  statement: Record<string, unknown>,
  at: string,
  { kind, variables, shared }: Document,
): Patterns | undefined {
  const { value, negated, path } = oneOf(statement, 'Resource', at)
  if (kind === 'trust') {
    if (value !== undefined) throw malformed('Has prohibited field Resource')
    return undefined
  }
  if (value === undefined) throw malformed(`${at} must have Resource or NotResource`)
  const written = requireStrings(value, path)
  for (const resource of written) {
    if (!/^(?:arn:|\*+$)/.test(resource))
      throw malformed(`Resource ${resource} must be in ARN format or "*".`)
    if (resource.length > 2048) throw malformed(`${path} is longer than any ARN`)
  }
  const patterns = written.map(resource => compileResourcePattern(resource, variables, shared))
  return { patterns, written, negated }
}

function onlyOf({ patterns, negated }: Patterns): Pattern | undefined {
  return patterns.length === 1 && !negated ? patterns[0] : undefined
}

function parsePrincipal(
  statement: Record<string, unknown>,
  at: string,
  effect: Statement['effect'],
  kind: PolicyKind,
): Principals | undefined {
  const { value, negated, path } = oneOf(statement, 'Principal', at)
  if (!namesPrincipals(kind)) {
    if (value !== undefined) throw malformed('Policy document should not specify a principal.')
    return undefined
  }
  if (value === undefined) throw malformed(`${at} must have Principal or NotPrincipal`)
  if (negated && kind === 'trust') throw malformed('Has prohibited field NotPrincipal')
  // It would let in everybody else there is, whom nobody has thought of.
  if (negated && effect === 'Allow') throw malformed(`${path} must not be used with Effect "Allow"`)
  const element = readPrincipal(value, path)
  return { reach: compilePrincipal(element, effect === 'Deny' && !negated), element, negated }
}

function readPrincipal(value: unknown, path: string): PrincipalElement {
  if (value === '*') return '*'
  const entries = Object.entries(requireObject(value, path))
  if (entries.length === 0) throw malformed(`${path} names nobody`)
  const read: Record<string, readonly string[]> = {}
  for (const [type, given] of entries) {
    if (!principalTypes.some(one => one === type))
      throw malformed(`${path}: ${type} is not a type of principal`)
    const names = requireStrings(given, `${path}.${type}`)
    // Taken for text, a wildcard would silently match nobody.
    if (names.some(name => /[*?]/.test(name) && !(type === 'AWS' && name === '*'))) {
      throw malformed(`${path}.${type} must name principals without wildcards`)
    }
    read[type] = names
  }
  return read
}

const none: readonly Condition[] = []

function parseConditions(
  value: unknown,
  at: string,
  effect: Statement['effect'],
  document: Document,
): readonly Condition[] {
  if (value === undefined) return none
  requireNoDeeper(value, `${at}.Condition`)
  const whole = `${effect} ${JSON.stringify(value)}`
  const known = document.blocks.get(whole)
  if (known !== undefined) return known
  const conditions: Condition[] = []
  for (const [operator, block] of Object.entries(requireObject(value, `${at}.Condition`))) {
    const path = `${at}.Condition.${operator}`
    if (!isOperator(operator)) throw malformed(`${path}: ${operator} is not a condition operator`)
    for (const [key, given] of Object.entries(requireObject(block, path))) {
      if (key === '') throw malformed(`${path} has an empty key`)
      const values = requireScalars(given, `${path}.${key}`)
      const name = `${effect} ${JSON.stringify([operator, key, values])}`
      const compiled =
        document.conditions.get(name) ??
        compileCondition({ operator, key, values, effect, variables: document.variables })
      if (typeof compiled === 'string') throw malformed(`${path}.${key}: ${compiled}`)
      document.conditions.set(name, compiled)
      conditions.push(compiled)
    }
  }
  document.blocks.set(whole, conditions)
  return conditions
}

/** Before it is written out as text: what nests thousands of levels deep would exhaust the stack there. */
function requireNoDeeper(value: unknown, path: string): void {
  for (const [operator, block] of Object.entries(requireObject(value, path))) {
    for (const [key, given] of Object.entries(requireObject(block, `${path}.${operator}`))) {
      requireScalars(given, `${path}.${operator}.${key}`)
    }
  }
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
  return list.map(one => {
    if (typeof one === 'string' || typeof one === 'boolean') return String(one)
    if (typeof one !== 'number') throw malformed(`${path} must be a value or a list of values`)
    // The reader of JSON has lost digits of it: what is compared would not be what is written.
    if (Math.abs(one) > Number.MAX_SAFE_INTEGER)
      throw malformed(`${path} must write so large a number in quotes`)
    return String(one)
  })
}
