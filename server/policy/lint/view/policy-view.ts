import type { Policy, PolicyKind } from '../../policy.ts'
import type { KnownKey } from '../catalogue/condition-keys.ts'
import type { JsonObject, JsonText, Place } from '../text/json-node.ts'
import type { JsonProblem } from '../text/json-problem.ts'

/** Whom a document of kind `identity` is for: what fits there depends on it. */
export type Holder = 'user' | 'group' | 'role' | 'managed'

export type LintOptions = {
  /** Without it, dates are not compared with today's. */
  nowMs?: number
  /** Without it, the largest of them is taken. */
  holder?: Holder
}

/**
 * A document as the checks see it. Where it breaks the grammar, what does not is there nevertheless, so that
 * everything can be told at once.
 */
export type PolicyView = {
  kind: PolicyKind
  options: LintOptions
  text: string
  problems: readonly JsonProblem[]
  /** Undefined when the text could not be read. */
  root: JsonObject | undefined
  /** What the document is read as. */
  version: Policy['version']
  /** Those that are objects. */
  statements: readonly StatementView[]
}

/** Its place is that of the statement. */
export type StatementView = Place & {
  node: JsonObject
  effect: 'Allow' | 'Deny' | undefined
  sid: JsonText | undefined
  actions: ListView | undefined
  /** Undefined in a trust policy. */
  resources: ListView | undefined
  principals: PrincipalsView | undefined
  conditions: readonly ConditionView[]
}

/** The element, or its Not-form. Its place is that of the element. */
export type ListView = Place & { negated: boolean; texts: readonly JsonText[] }

export type PrincipalsView = Place & {
  negated: boolean
  /** Where it says everybody: as `*`, or as `{"AWS": "*"}`. */
  everyone: Place | undefined
  names: readonly PrincipalName[]
}

export type PrincipalName = { type: string; text: JsonText }

/** One key under one operator that there is. Its place is that of the key. */
export type ConditionView = Place & {
  operator: OperatorView
  /** In lower case. */
  key: string
  writtenKey: string
  known: KnownKey | undefined
  values: readonly ValueView[]
}

/** A bare number or boolean is there as text, as the engine takes it. */
export type ValueView = Place & { value: string }

export type OperatorView = Place & {
  written: string
  set: 'ForAllValues' | 'ForAnyValue' | undefined
  name: string
  ifExists: boolean
  negated: boolean
  family: OperatorFamily
  /** Whether it holds for a key that the request does not have. */
  holdsWhenAbsent: boolean
}

export type OperatorFamily = 'String' | 'Numeric' | 'Date' | 'Bool' | 'Binary' | 'IpAddress' | 'Arn' | 'Null'
