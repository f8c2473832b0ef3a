import {
  matchesPatterns,
  matchesRequest,
  matchesResource,
  reachOf,
  type Statement,
} from '../../language/statement.ts'
import type { Policy, PolicyKind } from '../../policy.ts'
import type { Context, PolicyRequest } from '../../request.ts'
import { type Line, linesOf } from '../values/line.ts'

export type Side = 'old' | 'new'

/** One statement of either version; or of both, where they say the same. */
export type Entry = {
  statement: Statement
  /** Undefined when both versions have it. */
  side: Side | undefined
  lines: readonly Line[]
}

/** Two versions of a policy, statement by statement. Sets of entries are bits: bit n for entry n. */
export type Comparison = {
  kind: PolicyKind
  versions: Readonly<Record<Side, Policy>>
  entries: readonly Entry[]
  /** Those that only one version has. A request that none of them matches is decided alike. */
  changed: bigint
}

export function compare(versions: Readonly<Record<Side, Policy>>): Comparison {
  const entries = new Map<string, Entry>()
  for (const side of ['old', 'new'] as const) {
    const policy = versions[side]
    for (const statement of policy.statements) {
      const name = nameOf(statement, policy)
      const known = entries.get(name)
      if (known === undefined) {
        entries.set(name, { statement, side, lines: linesOf(statement.conditions, policy) })
      } else if (known.side !== side) known.side = undefined
    }
  }
  const list = [...entries.values()]
  return {
    kind: versions.new.kind,
    versions,
    entries: list,
    changed: bitsOf(list, ({ side }) => side !== undefined),
  }
}

/** The same text for statements that say the same in another order. */
function nameOf(
  { effect, actions, resources, principal, conditions }: Statement,
  { version }: Policy,
): string {
  const lines = conditions.map(({ operator, key, values }) => JSON.stringify([operator, key, sorted(values)]))
  const text = JSON.stringify([
    effect,
    actions.negated,
    sorted(actions.written.map(action => action.toLowerCase())),
    resources && [resources.negated, sorted(resources.written)],
    principal && [principal.negated, sortedElement(principal.element)],
    sorted(lines),
  ])
  return text.includes('${') ? `${version} ${text}` : text
}

function sortedElement(element: '*' | Readonly<Record<string, readonly string[]>>): unknown {
  if (element === '*') return element
  return sorted(Object.entries(element).map(([type, names]) => JSON.stringify([type, sorted(names)])))
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}

/** The bits of the entries for which it is true. */
export function bitsOf(entries: readonly Entry[], isIn: (entry: Entry) => boolean): bigint {
  let bits = 0n
  for (const [n, entry] of entries.entries()) if (isIn(entry)) bits |= 1n << BigInt(n)
  return bits
}

export function entriesOf({ entries }: Comparison, bits: bigint): Entry[] {
  return entries.filter((_, n) => (bits & (1n << BigInt(n))) !== 0n)
}

export function isAboutAction({ actions }: Statement, action: string): boolean {
  return matchesPatterns(actions, action.toLowerCase(), noContext)
}

export function isAboutResource(
  { resources, effect }: Statement,
  resource: string,
  context: Context,
): boolean {
  return resources === undefined || matchesResource(resources, resource, context, effect)
}

const noContext: Context = new Map()

/** Whether the statement matches the request, its principal included. */
export function matches(statement: Statement, request: PolicyRequest, bounded: boolean): boolean {
  return (
    isAboutAction(statement, request.action) &&
    reachOf(statement, request, bounded) !== 'none' &&
    matchesRequest(statement, request)
  )
}
