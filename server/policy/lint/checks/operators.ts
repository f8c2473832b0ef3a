import { namesPrincipals } from '../../policy.ts'
import { isAlwaysPresent, type KeyType } from '../catalogue/condition-keys.ts'
import { type Answer, type CheckTable, eachCondition, problem } from '../check.ts'
import { isGuarded } from '../view/match-statement.ts'
import type { ConditionView, OperatorFamily, PolicyView, StatementView } from '../view/policy-view.ts'

/** Whether an operator fits its key. @see AWS IAM User Guide, "Condition operators" and "Multivalued context keys" */
export const operatorChecks = {
  'operator-type': { level: 'warning', find: eachCondition(wrongType) },
  'set-on-single-value': { level: 'security', find: eachCondition(forAllOfOne) },
  'set-needless': { level: 'suggestion', find: eachCondition(needlessSet) },
  'set-missing': { level: 'warning', find: eachCondition(missingSet) },
  'set-unguarded': { level: 'security', find: eachCondition(unguarded) },
  'if-exists-needless': { level: 'suggestion', find: eachCondition(needlessIfExists) },
  'deny-skipped-without-key': { level: 'suggestion', find: eachCondition(skippedDeny) },
  'allow-without-key': { level: 'warning', find: eachCondition(allowWithoutKey) },
  'mfa-not-required': { level: 'security', find: eachCondition(mfaNotRequired) },
} satisfies CheckTable

const fitting: Record<KeyType, readonly OperatorFamily[]> = {
  text: ['String', 'Binary'],
  arn: ['Arn', 'String'],
  address: ['IpAddress'],
  bool: ['Bool'],
  date: ['Date'],
  moment: ['Date', 'Numeric'],
  number: ['Numeric'],
}

function wrongType({ known, operator, writtenKey }: ConditionView): Answer {
  if (known === undefined || operator.family === 'Null' || fitting[known.type].includes(operator.family))
    return undefined
  const [best] = fitting[known.type]
  const message = `${operator.written} does not fit ${writtenKey}, whose values are of another type.`
  return problem(operator, message, `Use an operator of the family ${best}.`)
}

/** It holds when the key is absent, which a condition on one value is not expected to. */
function forAllOfOne({ known, operator, writtenKey }: ConditionView, { effect }: StatementView): Answer {
  if (operator.set !== 'ForAllValues' || known?.many !== false || effect !== 'Allow') return undefined
  const message = `${writtenKey} has one value; with ForAllValues the statement also allows when it has none.`
  return problem(operator, message, `Write ${operator.name}.`)
}

function needlessSet({ known, operator, writtenKey }: ConditionView, { effect }: StatementView): Answer {
  if (operator.set === undefined || known?.many !== false) return undefined
  if (operator.set === 'ForAllValues' && effect === 'Allow') return undefined
  return problem(
    operator,
    `${writtenKey} has one value only: there is nothing to choose from.`,
    `Write ${operator.name}.`,
  )
}

/** AWS leaves open what this means. */
function missingSet({ known, operator, writtenKey }: ConditionView): Answer {
  if (operator.set !== undefined || operator.family === 'Null' || known?.many !== true) return undefined
  const message = `${writtenKey} may have several values, and ${operator.written} does not say how many must fit.`
  return problem(operator, message, `Write ForAnyValue:${operator.name} or ForAllValues:${operator.name}.`)
}

function unguarded(
  { known, key, operator, writtenKey }: ConditionView,
  { effect, conditions }: StatementView,
): Answer {
  if (operator.set !== 'ForAllValues' || effect !== 'Allow' || known?.many === false) return undefined
  if (isGuarded(key, conditions)) return undefined
  const message = `ForAllValues holds when the request has no ${writtenKey} at all.`
  return problem(operator, message, `Add "Null": {"${writtenKey}": "false"}, or use ForAnyValue.`)
}

/** Behind a negation in an Allow it says that the absent key is meant to be let through. */
function needlessIfExists(
  { key, operator, writtenKey }: ConditionView,
  { effect }: StatementView,
  { kind }: PolicyView,
): Answer {
  if (!operator.ifExists) return undefined
  const shorter = operator.written.replace(/IfExists$/, '')
  if (isAlwaysPresent(key, !namesPrincipals(kind))) {
    return problem(operator, `Every request has ${writtenKey}.`, `Write ${shorter}.`)
  }
  const negated = operator.set === undefined && operator.negated && effect === 'Deny'
  const already = operator.set === 'ForAllValues' || negated
  if (!already) return undefined
  return problem(operator, `${shorter} holds anyway when the key is absent.`, `Write ${shorter}.`)
}

/** The key may be absent, and the statement does not ask whether it is. */
function mayLack(
  { key, operator }: ConditionView,
  { conditions }: StatementView,
  { kind }: PolicyView,
): boolean {
  if (operator.family === 'Null' || isAlwaysPresent(key, !namesPrincipals(kind))) return false
  return !conditions.some(one => one.key === key && one.operator.family === 'Null')
}

function skippedDeny(condition: ConditionView, statement: StatementView, policy: PolicyView): Answer {
  const { operator, writtenKey } = condition
  if (statement.effect !== 'Deny' || operator.holdsWhenAbsent || !mayLack(condition, statement, policy))
    return undefined
  const message = `A request without ${writtenKey} is not denied.`
  const fix = `If it shall be, write ${operator.written}IfExists; if it shall not, add "Null": {"${writtenKey}": "false"}.`
  return problem(condition, message, fix)
}

function allowWithoutKey(condition: ConditionView, statement: StatementView, policy: PolicyView): Answer {
  const { operator, writtenKey } = condition
  if (statement.effect !== 'Allow' || operator.ifExists || operator.set !== undefined || !operator.negated)
    return undefined
  if (!mayLack(condition, statement, policy)) return undefined
  const message = `A request without ${writtenKey} is allowed too: what is absent equals nothing.`
  return problem(
    condition,
    message,
    `Add "Null": {"${writtenKey}": "false"}, or write ${operator.written}IfExists if that is meant.`,
  )
}

/** Long-lived keys have no word on MFA at all. @see AWS IAM User Guide, aws:MultiFactorAuthPresent */
function mfaNotRequired(
  { key, operator, values, ...place }: ConditionView,
  { effect }: StatementView,
): Answer {
  if (key !== 'aws:multifactorauthpresent' || operator.family !== 'Bool' || values.length !== 1)
    return undefined
  const isTrue = values[0]?.value.toLowerCase() === 'true'
  if (effect === 'Allow' && isTrue && operator.ifExists) {
    return problem(place, 'Requests that say nothing of MFA are allowed too.', 'Write Bool.')
  }
  if (effect === 'Deny' && !isTrue && !operator.holdsWhenAbsent) {
    return problem(place, 'Requests that say nothing of MFA are not denied.', 'Write BoolIfExists.')
  }
  return undefined
}
