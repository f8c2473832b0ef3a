import type { JsonText, Place } from './text/json-node.ts'
import type {
  ConditionView,
  PolicyView,
  PrincipalName,
  PrincipalsView,
  StatementView,
  ValueView,
} from './view/policy-view.ts'

/**
 * `error`: the document is refused. `security`: it allows more than most mean to. `warning`: it most likely
 * does not do what it says. `suggestion`: it could be said better.
 */
export type Level = 'error' | 'security' | 'warning' | 'suggestion'

export type Problem = { place: Place; message: string; fix: string }

export type Check = { level: Level; find(policy: PolicyView): Iterable<Problem> }

export type CheckTable = Readonly<Record<string, Check>>

/** What a check about one thing answers: undefined when nothing is wrong with it. */
export type Answer = Problem | undefined

type Find = Check['find']

export function problem(place: Place, message: string, fix: string): Problem {
  return { place, message, fix }
}

/** For a check about the document. */
export function once(ask: (policy: PolicyView) => Answer): Find {
  return function* (policy) {
    const answer = ask(policy)
    if (answer !== undefined) yield answer
  }
}

export function eachStatement(ask: (statement: StatementView, policy: PolicyView) => Answer): Find {
  return function* (policy) {
    for (const statement of policy.statements) {
      const answer = ask(statement, policy)
      if (answer !== undefined) yield answer
    }
  }
}

/** For a check that may find several things in one statement. */
export function inStatements(
  find: (statement: StatementView, policy: PolicyView) => Iterable<Problem>,
): Find {
  return function* (policy) {
    for (const statement of policy.statements) yield* find(statement, policy)
  }
}

export function eachAction(
  ask: (action: JsonText, statement: StatementView, policy: PolicyView) => Answer,
): Find {
  return eachOf(({ actions }) => actions?.texts ?? [], ask)
}

export function eachResource(
  ask: (resource: JsonText, statement: StatementView, policy: PolicyView) => Answer,
): Find {
  return eachOf(({ resources }) => resources?.texts ?? [], ask)
}

export function eachPrincipal(
  ask: (
    name: PrincipalName,
    principals: PrincipalsView,
    statement: StatementView,
    policy: PolicyView,
  ) => Answer,
): Find {
  return eachOf(
    ({ principals }) => principals?.names ?? [],
    (name, statement, policy) => statement.principals && ask(name, statement.principals, statement, policy),
  )
}

export function eachCondition(
  ask: (condition: ConditionView, statement: StatementView, policy: PolicyView) => Answer,
): Find {
  return eachOf(({ conditions }) => conditions, ask)
}

export function eachValue(
  ask: (value: ValueView, condition: ConditionView, statement: StatementView, policy: PolicyView) => Answer,
): Find {
  return inStatements(function* (statement, policy) {
    for (const condition of statement.conditions) {
      for (const value of condition.values) {
        const answer = ask(value, condition, statement, policy)
        if (answer !== undefined) yield answer
      }
    }
  })
}

function eachOf<Item>(
  itemsOf: (statement: StatementView) => readonly Item[],
  ask: (item: Item, statement: StatementView, policy: PolicyView) => Answer,
): Find {
  return inStatements(function* (statement, policy) {
    for (const item of itemsOf(statement)) {
      const answer = ask(item, statement, policy)
      if (answer !== undefined) yield answer
    }
  })
}
