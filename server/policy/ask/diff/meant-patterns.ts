import { compilePrincipal } from '../../language/principal.ts'
import type { Patterns, Principals, Statement } from '../../language/statement.ts'
import type { Context, PolicyPrincipal } from '../../request.ts'
import type { Means, Meant } from './change.ts'
import type { Pair } from './decide-both.ts'
import type { Difference } from './explore-differences.ts'

/** Which patterns of a statement mean the requests that differ. */
export class MeantPatterns {
  readonly #statement: Statement
  readonly #actions = new Set<string>()
  readonly #resources = new Set<string>()
  readonly #principals = new Set<string>()
  /** What was collected from already: it is the same for all contexts. */
  readonly #seen = new Set<readonly Pair[]>()

  constructor(statement: Statement) {
    this.#statement = statement
  }

  collect({ request, asker }: Difference, pairs: readonly Pair[]): void {
    const { actions, resources, principal, effect } = this.#statement
    if (principal !== undefined) addNamed(this.#principals, principal, asker.principal, effect)
    if (this.#seen.has(pairs)) return
    this.#seen.add(pairs)
    for (const { texts } of new Set(pairs.map(pair => pair.action))) {
      for (const text of texts) addMatching(this.#actions, actions, text.toLowerCase(), noContext)
    }
    if (resources === undefined) return
    for (const { texts } of new Set(pairs.map(pair => pair.resource))) {
      for (const text of texts) addMatching(this.#resources, resources, text, request.context)
    }
  }

  found(): Meant {
    const { actions, resources, principal } = this.#statement
    return {
      actions: meansOf(actions, this.#actions),
      ...(resources && { resources: meansOf(resources, this.#resources) }),
      ...(principal && {
        principals: meansOf({ negated: principal.negated, written: namesIn(principal) }, this.#principals),
      }),
    }
  }
}

const noContext: Context = new Map()

function addMatching(
  found: Set<string>,
  { patterns, written }: Patterns,
  text: string,
  context: Context,
): void {
  for (const [n, pattern] of patterns.entries()) {
    const name = written[n]
    if (name !== undefined && pattern.matches(text, context)) found.add(name)
  }
}

function addNamed(
  found: Set<string>,
  { element, negated }: Principals,
  principal: PolicyPrincipal,
  effect: Statement['effect'],
): void {
  if (element === '*') {
    found.add('*')
    return
  }
  for (const [type, names] of Object.entries(element)) {
    for (const name of names) {
      const reach = compilePrincipal({ [type]: [name] }, effect === 'Deny' && !negated)
      if (reach(principal) !== 'none') found.add(name)
    }
  }
}

/** A Not-form means nothing by its patterns: all of them say what it does not mean. */
function meansOf({ negated, written }: Pick<Patterns, 'negated' | 'written'>, found: Set<string>): Means {
  return { not: negated, written: negated ? written : written.filter(name => found.has(name)) }
}

export function namesIn({ element }: Principals): string[] {
  return element === '*' ? ['*'] : Object.values(element).flat()
}
