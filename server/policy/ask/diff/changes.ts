import type { PolicyRequest } from '../../request.ts'
import { type Cause, causeOf, type Direction, type Instead } from './cause.ts'
import type { Change } from './change.ts'
import type { Comparison } from './comparison.ts'
import { decideBoth, type Pair, requestFor } from './decide-both.ts'
import { describeChange } from './describe-change.ts'
import type { Difference } from './explore-differences.ts'
import { MeantPatterns } from './meant-patterns.ts'

type Group = { cause: Cause; difference: Difference; meant: MeantPatterns }

/** Of pairs that are alike to all statements, this many are looked at for what they came near to. */
const mostPairs = 100

/** Collects differences by what made them. */
export class Changes {
  readonly #comparison: Comparison
  readonly #groups = new Map<string, Group>()
  /** For which statements pairs were looked at one by one. */
  readonly #taken = new Map<readonly Pair[], Set<string>>()

  constructor(comparison: Comparison) {
    this.#comparison = comparison
  }

  add(difference: Difference): void {
    const { alike, asker, request } = difference
    const cause = causeOf(this.#comparison, difference)
    if (cause?.instead !== undefined && isAboutAll(cause.instead)) {
      this.#addTo(cause, difference, alike)
      return
    }
    if (cause === undefined) return
    const taken = this.#taken.get(alike) ?? new Set()
    const which = `${cause.direction} ${cause.side} ${cause.made.index}`
    if (taken.has(which)) return
    this.#taken.set(alike, taken.add(which))
    for (const pair of alike.slice(0, mostPairs)) {
      const asked = { ...requestFor(this.#comparison.kind, asker, pair), context: request.context }
      const one = { ...difference, request: asked }
      const its = causeOf(this.#comparison, one)
      if (its !== undefined) this.#addTo(its, one, [pair])
    }
  }

  #addTo(cause: Cause, difference: Difference, pairs: readonly Pair[]): void {
    const name = nameOf(cause)
    let group = this.#groups.get(name)
    if (group === undefined) {
      const example = this.#verified(name, difference)
      if (example === undefined) return
      group = { cause, difference: example, meant: new MeantPatterns(cause.made) }
      this.#groups.set(name, group)
    }
    group.meant.collect(difference, pairs)
  }

  /** The difference as it is told of: decided once more, and with a resource of the action's service if that does. */
  #verified(name: string, difference: Difference): Difference | undefined {
    const { asker, request, outcomes } = difference
    return [withOwnService(request), request]
      .map(asked => ({ ...difference, request: asked }))
      .find(one => {
        const cause = causeOf(this.#comparison, one)
        const decided = decideBoth(this.#comparison, asker, one.request)
        const isSame = decided.old === outcomes.old && decided.new === outcomes.new
        return isSame && cause !== undefined && nameOf(cause) === name
      })
  }

  inDirection(direction: Direction): Change[] {
    const all = [...this.#groups.values()]
    const groups = all.filter(({ cause }) => cause.direction === direction)
    return groups
      .filter(group => !groups.some(other => isClearer(other, group)))
      .filter(group => !all.some(other => saysMore(other, group)))
      .sort((one, other) => compareCauses(one.cause, other.cause))
      .map(changeOf)
  }
}

function nameOf({ direction, side, made, instead }: Cause): string {
  return JSON.stringify([
    direction,
    side,
    made.index,
    instead && [instead.statement.index, failedNames(instead)],
  ])
}

function failedNames({ failed }: Instead): string[] {
  return typeof failed === 'string' ? [failed] : failed.map(({ operator, key }) => `${operator} ${key}`)
}

/** By statement, and for one statement as its elements stand. */
function compareCauses(one: Cause, other: Cause): number {
  return one.made.index - other.made.index || rankOf(one.instead) - rankOf(other.instead)
}

const failures = ['Principal', 'Action', 'Resource', 'limited', 'delegated']

function rankOf(instead: Instead | undefined): number {
  return typeof instead?.failed === 'string' ? failures.indexOf(instead.failed) : failures.length
}

/** Of two groups that one statement made, the one that says more precisely what is in its place. */
function isClearer(one: Group, other: Group): boolean {
  const [a, b] = [one.cause, other.cause]
  if (one === other || a.made !== b.made || a.instead === undefined) return false
  if (b.instead === undefined) return true
  if (a.instead.statement !== b.instead.statement) return false
  const [fewer, more] = [failedNames(a.instead), failedNames(b.instead)]
  return fewer.length < more.length && fewer.every(name => more.includes(name))
}

/** A deny that makes less allowed need not be told of again for what was not allowed anyway. */
function saysMore({ cause: a }: Group, { cause: b }: Group): boolean {
  return isAboutDenyOnly(b) && !isAboutDenyOnly(a) && a.made === b.made
}

function isAboutDenyOnly({ direction }: Cause): boolean {
  return direction === 'denyAdded' || direction === 'denyRemoved'
}

/** Whether it is the same for all requests whose action and resource are alike. */
function isAboutAll({ failed }: Instead): boolean {
  return (
    typeof failed !== 'string' || failed === 'delegated' || failed === 'limited' || failed === 'Principal'
  )
}

function changeOf({ cause, difference, meant }: Group): Change {
  const { index, sid } = cause.made
  const { request, asker, outcomes } = difference
  return {
    says: describeChange(cause, meant.found()),
    version: cause.side,
    statement: { index, ...(sid === undefined ? {} : { sid }) },
    ...meant.found(),
    example: { request, ownPolicies: asker.own, beside: asker.beside, outcomes },
  }
}

/** On a resource of no service in particular, the example is easier to believe with one of its own service. */
function withOwnService(request: PolicyRequest): PolicyRequest {
  const [service = ''] = request.action.split(':')
  return { ...request, resource: request.resource.replace(/^arn:aws:service:/, `arn:aws:${service}:`) }
}
