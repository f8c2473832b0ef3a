import { failedElements } from '../../explain/failed-elements.ts'
import type { Condition } from '../../language/condition.ts'
import { reaches } from '../../language/principal.ts'
import { reachOf, type Statement } from '../../language/statement.ts'
import type { PolicyRequest } from '../../request.ts'
import { type Comparison, type Entry, matches, type Side } from './comparison.ts'
import type { Difference } from './explore-differences.ts'

export type Direction = 'becameAllowed' | 'noLongerAllowed' | 'denyAdded' | 'denyRemoved'

/** Why two versions decide a request differently. */
export type Cause = {
  direction: Direction
  /** The statement that made the difference: that only one version has, and that matches the request. */
  made: Statement
  side: Side
  /** For what is no longer denied and was not allowed before: the statement that now allows it. */
  alsoAllows?: Statement
  instead?: Instead
}

/**
 * What the other version has in its place: a statement that would match but for one element, or for conditions;
 * or one that matches, but whose grant reaches less far.
 */
export type Instead = { statement: Statement; failed: Failed }
export type Failed = 'Action' | 'Resource' | 'Principal' | 'delegated' | 'limited' | readonly Condition[]

export function directionOf({ outcomes }: Pick<Difference, 'outcomes'>): Direction {
  if (outcomes.new === 'allowed') return 'becameAllowed'
  if (outcomes.old === 'allowed') return 'noLongerAllowed'
  return outcomes.new === 'explicitlyDenied' ? 'denyAdded' : 'denyRemoved'
}

/** Undefined only for a request that is decided alike. */
export function causeOf({ entries }: Comparison, difference: Difference): Cause | undefined {
  const { request, asker, outcomes } = difference
  const direction = directionOf(difference)
  const bounded = asker.beside.boundary !== undefined
  const matching = (side: Side, effect: 'Allow' | 'Deny'): Entry[] =>
    entries
      .filter(one => isIn(one, side) && one.statement.effect === effect)
      .filter(({ statement }) => matches(statement, request, bounded))
      .sort((one, other) => reach(other.statement, request) - reach(one.statement, request))
  const byDeny = outcomes.old === 'explicitlyDenied' || outcomes.new === 'explicitlyDenied'
  const side: Side =
    direction === 'denyRemoved' || (direction === 'becameAllowed' && byDeny)
      ? 'old'
      : direction === 'noLongerAllowed' && !byDeny
        ? 'old'
        : 'new'
  const made = matching(side, byDeny ? 'Deny' : 'Allow').find(one => one.side !== undefined)?.statement
  if (made === undefined) return undefined
  const instead = findInstead(entries, made, side === 'old' ? 'new' : 'old', request)
  const allowing = direction === 'becameAllowed' && byDeny ? matching('new', 'Allow') : []
  const [also] = allowing.every(one => one.side === 'new') ? allowing : []
  return {
    direction,
    made,
    side,
    ...(also === undefined ? {} : { alsoAllows: also.statement }),
    ...(instead === undefined ? {} : { instead }),
  }
}

function isIn({ side }: Entry, wanted: Side): boolean {
  return side === undefined || side === wanted
}

function reach(statement: Statement, request: PolicyRequest): number {
  return reaches[reachOf(statement, request)]
}

/** Preferably of the same name, or else in the same place. */
function findInstead(
  entries: readonly Entry[],
  made: Statement,
  side: Side,
  request: PolicyRequest,
): Instead | undefined {
  const candidates = entries
    .filter(one => one.side === side && one.statement.effect === made.effect)
    .map(({ statement }) => statement)
    .filter(({ sid }) => sid === undefined || made.sid === undefined || sid === made.sid)
  const distance = ({ sid, index }: Statement): number =>
    sid !== undefined && sid === made.sid ? -1 : Math.abs(index - made.index)
  for (const statement of candidates.sort((one, other) => distance(one) - distance(other))) {
    const failed = failedIn(statement, request)
    if (failed !== undefined) return { statement, failed }
  }
  return undefined
}

function failedIn(statement: Statement, request: PolicyRequest): Failed | undefined {
  const [only, ...more] = failedElements({ ...statement, conditions: [] }, request)
  if (more.length > 0) return undefined
  if (only !== undefined) return elements.find(element => only.element.endsWith(element))
  const conditions = statement.conditions.filter(({ holds }) => !holds(request.context))
  if (conditions.length > 0) return conditions
  const reach = reachOf(statement, request)
  return reach === 'delegated' || reach === 'limited' ? reach : undefined
}

const elements = ['Action', 'Resource', 'Principal'] as const
