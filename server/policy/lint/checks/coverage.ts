import { type CheckTable, inStatements, type Problem, problem } from '../check.ts'
import { quote } from '../text/quote.ts'
import { resourceTokens } from '../view/arn-fields.ts'
import { type Comparable, comparable, coversStatement } from '../view/cover-statement.ts'
import { covers, newEffort, tokensOf } from '../view/glob.ts'
import type { PolicyView, StatementView } from '../view/policy-view.ts'
import { redundant, repeated, withoutVariables } from '../view/redundant.ts'

/** What changes nothing, because something else says it already. Bounded: in a monstrous document, some is missed. */
export const coverageChecks = {
  'statement-unreachable': { level: 'warning', find: unreachable },
  'statement-redundant': { level: 'suggestion', find: redundantStatements },
  'action-redundant': { level: 'suggestion', find: inStatements(redundantActions) },
  'resource-redundant': { level: 'suggestion', find: inStatements(redundantResources) },
  'principal-redundant': { level: 'suggestion', find: inStatements(redundantPrincipals) },
} satisfies CheckTable

function readyStatements(policy: PolicyView): Comparable[] {
  return policy.statements.flatMap(statement => comparable(statement, policy) ?? [])
}

function nameOf({ sid, path }: StatementView): string {
  return sid === undefined || sid.value === '' ? path : quote(sid.value)
}

/** An Allow within a Deny. */
function* unreachable(policy: PolicyView): Iterable<Problem> {
  const all = readyStatements(policy)
  const denying = all.filter(({ statement }) => statement.effect === 'Deny')
  const effort = newEffort()
  for (const one of all) {
    if (one.statement.effect !== 'Allow') continue
    const deny = denying.find(other => coversStatement(other, one, effort))
    if (deny === undefined) continue
    const message = `Everything that this allows is denied by ${nameOf(deny.statement)}.`
    yield problem(one.statement, message, 'Take one of the two out, or narrow the Deny.')
  }
}

/** Of two that say the same, the later is told. */
function* redundantStatements(policy: PolicyView): Iterable<Problem> {
  const all = readyStatements(policy)
  const effort = newEffort()
  for (const [n, one] of all.entries()) {
    const wider = all.find(
      (other, m) =>
        m !== n &&
        other.statement.effect === one.statement.effect &&
        coversStatement(other, one, effort) &&
        (m < n || !coversStatement(one, other, effort)),
    )
    if (wider === undefined) continue
    const message = `${nameOf(wider.statement)} says all of this already.`
    yield problem(one.statement, message, 'Take this statement out.')
  }
}

function* redundantActions({ actions }: StatementView): Iterable<Problem> {
  const effort = newEffort()
  const texts = (actions?.texts ?? []).map(text => ({ text, same: text.value.toLowerCase() }))
  yield* redundant(texts, {
    prepare: one => tokensOf(one, false),
    covers: (wide, narrow) => covers(wide, narrow, effort),
    effort,
  })
}

function* redundantResources(
  { resources, effect }: StatementView,
  { version }: PolicyView,
): Iterable<Problem> {
  const effort = newEffort()
  const all = resources?.texts ?? []
  const some = resources?.negated && effect === 'Allow' ? withoutVariables(all) : all
  const texts = some.map(text => ({ text, same: text.value }))
  yield* redundant(texts, {
    prepare: one => resourceTokens(one, version === '2012-10-17'),
    covers: (wide, narrow) => covers(wide, narrow, effort),
    effort,
  })
}

function* redundantPrincipals({ principals }: StatementView): Iterable<Problem> {
  const texts = (principals?.names ?? []).map(({ type, text }) => ({ text, same: `${type} ${text.value}` }))
  yield* repeated(texts)
}
