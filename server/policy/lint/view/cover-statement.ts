import type { PolicyKind } from '../../policy.ts'
import { resourceTokens } from './arn-fields.ts'
import { covers, disjoint, type Effort, hasVariable, type Token, tokensOf } from './glob.ts'
import type { PolicyView, StatementView } from './policy-view.ts'

/** A statement, made ready to be compared with others. */
export type Comparable = {
  statement: StatementView
  actions: { negated: boolean; patterns: readonly (readonly Token[])[] }
  /** Undefined in a trust policy. */
  resources: { negated: boolean; patterns: readonly (readonly Token[])[] } | undefined
  /** Undefined in a policy that names nobody. */
  principals: { everyone: boolean; negated: boolean; names: ReadonlySet<string> } | undefined
  /** One text for each condition that must hold. */
  conditions: ReadonlySet<string>
}

/** Undefined for a statement that is not whole. */
export function comparable(statement: StatementView, { kind, version }: PolicyView): Comparable | undefined {
  const { actions, resources, effect } = statement
  if (effect === undefined || actions === undefined || actions.texts.length === 0) return undefined
  if (kind !== 'trust' && (resources === undefined || resources.texts.length === 0)) return undefined
  const variables = version === '2012-10-17'
  return {
    statement,
    actions: {
      negated: actions.negated,
      patterns: actions.texts.map(({ value }) => tokensOf(value.toLowerCase(), false)),
    },
    resources: resources && {
      negated: resources.negated,
      patterns: resources.texts.map(({ value }) => resourceTokens(value, variables)),
    },
    principals: principalsOf(statement, kind),
    conditions: new Set(statement.conditions.map(textOf)),
  }
}

function principalsOf({ principals }: StatementView, kind: PolicyKind): Comparable['principals'] {
  if (kind !== 'trust' && kind !== 'resource') return undefined
  return {
    // {"AWS": "*"} leaves out whom an identity provider vouches for.
    everyone: principals?.everyone !== undefined && principals.names.length === 0,
    negated: principals?.negated ?? false,
    names: new Set(principals?.names.map(({ type, text }) => `${type} ${text.value}`)),
  }
}

function textOf({ operator, key, values }: StatementView['conditions'][number]): string {
  return JSON.stringify([operator.written, key, values.map(({ value }) => value).sort()])
}

/** Whether the wide statement is about every request that the narrow one is about. */
export function coversStatement(wide: Comparable, narrow: Comparable, effort: Effort): boolean {
  return (
    wide.conditions.size <= narrow.conditions.size &&
    isWithin(wide.conditions, narrow.conditions) &&
    coversPrincipals(wide.principals, narrow.principals) &&
    coversPatterns(wide.actions, narrow.actions, effort) &&
    coversResources(wide.resources, narrow.resources, effort)
  )
}

function coversPrincipals(wide: Comparable['principals'], narrow: Comparable['principals']): boolean {
  if (wide === undefined || narrow === undefined) return wide === narrow
  if (wide.everyone && !wide.negated) return true
  if (wide.everyone || narrow.everyone || wide.negated !== narrow.negated) return false
  if (wide.names.size === 0 || narrow.names.size === 0) return false
  return wide.negated ? isWithin(wide.names, narrow.names) : isWithin(narrow.names, wide.names)
}

type Patterns = Comparable['actions']

function coversResources(
  wide: Comparable['resources'],
  narrow: Comparable['resources'],
  effort: Effort,
): boolean {
  if (wide === undefined || narrow === undefined) return wide === narrow
  // All but what a variable means is nothing at all in an Allow, while the variable has no value.
  if (wide.negated && wide.patterns.some(hasVariable)) return false
  return coversPatterns(wide, narrow, effort)
}

/** All but `a` covers all but `b` when `b` covers `a`; and it covers what has nothing in common with `a`. */
function coversPatterns(wide: Patterns, narrow: Patterns, effort: Effort): boolean {
  if (wide.negated) {
    return wide.patterns.every(excluded =>
      narrow.negated
        ? narrow.patterns.some(other => covers(other, excluded, effort))
        : narrow.patterns.every(other => disjoint(excluded, other)),
    )
  }
  // Only a pattern that means everything covers all but some.
  if (narrow.negated) return false
  return narrow.patterns.every(one => wide.patterns.some(other => covers(other, one, effort)))
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  for (const one of some) if (!all.has(one)) return false
  return true
}
