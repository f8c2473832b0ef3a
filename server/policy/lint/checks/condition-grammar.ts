import { allOperators } from '../../operators/all-operators.ts'
import {
  type Answer,
  type Check,
  type CheckTable,
  eachValue,
  inStatements,
  type Problem,
  problem,
} from '../check.ts'
import { itemsOf, type JsonMember, memberOf } from '../text/json-node.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import type { OperatorFamily, StatementView } from '../view/policy-view.ts'
import { viewOperator } from '../view/view-operator.ts'

/** @see AWS IAM User Guide, "IAM JSON policy elements: Condition" and "... Condition operators" */
export const conditionGrammarChecks = {
  'condition-form': { level: 'error', find: inStatements(conditionForm) },
  'condition-key-empty': { level: 'error', find: inStatements(emptyKeys) },
  'condition-value-form': { level: 'error', find: inStatements(valueForms) },
  'condition-number-lossy': { level: 'error', find: inStatements(lossyNumbers) },
  'operator-unknown': { level: 'error', find: inStatements(unknownOperators) },
  'null-qualified': { level: 'error', find: inStatements(qualifiedNulls) },
  'null-value': unreadable(
    'Null',
    'Null asks whether a key is absent: "true", or there: "false".',
    '"true" or "false"',
  ),
  'bool-value': unreadable('Bool', 'This is neither true nor false.', '"true" or "false"'),
  'number-value': unreadable('Numeric', 'This is no number.', 'a number such as 42 or 0.5'),
  'date-value': unreadable('Date', 'This is no date.', 'a date such as 2030-01-31T12:00:00Z'),
  'address-value': unreadable(
    'IpAddress',
    'This is no address and no CIDR block.',
    'one such as 203.0.113.0/24',
  ),
  'binary-value': unreadable(
    'Binary',
    'This is not base64.',
    'the bytes in base64, with = at its end where needed',
  ),
} satisfies CheckTable

function* conditionForm({ node }: StatementView): Iterable<Problem> {
  const condition = memberOf(node, 'Condition')?.value
  if (condition === undefined) return
  const fix = 'Write it like {"StringEquals": {"aws:PrincipalTag/team": "red"}}.'
  if (condition.type !== 'object') yield problem(condition, 'Condition must be an object.', fix)
  for (const { name, value } of blocksOf(node)) {
    if (value.type !== 'object') yield problem(value, `${quote(name)} must hold an object of keys.`, fix)
  }
}

function* emptyKeys({ node }: StatementView): Iterable<Problem> {
  for (const member of linesOf(node)) {
    if (member.name === '') yield problem(member, 'A condition key is empty.', 'Name the key.')
  }
}

function* valueForms({ node }: StatementView): Iterable<Problem> {
  for (const member of linesOf(node)) {
    for (const item of itemsOf(member.value)) {
      if (item.type === 'text' || item.type === 'number' || item.type === 'boolean') continue
      yield problem(
        item,
        'A value must be a text, a number, true or false.',
        'Write one value, or a list of them.',
      )
    }
  }
}

function* lossyNumbers({ node }: StatementView): Iterable<Problem> {
  for (const item of linesOf(node).flatMap(({ value }) => itemsOf(value))) {
    if (item.type !== 'number' || Math.abs(item.value) <= Number.MAX_SAFE_INTEGER) continue
    const message = 'So large a number has lost digits by the time that it is compared.'
    yield problem(item, message, 'Write it in quotes.')
  }
}

function* unknownOperators({ node }: StatementView): Iterable<Problem> {
  for (const block of blocksOf(node)) {
    if (viewOperator(block.name, block) !== undefined || isQualifiedNull(block.name)) continue
    const meant = didYouMean(nearestOperator(block.name))
    const message = `${quote(block.name)} is not a condition operator.${meant}`
    yield problem(block, message, 'Use an operator of the policy language. Its letters count in their case.')
  }
}

function nearestOperator(written: string): string | undefined {
  const [, set = '', name = '', ifExists = ''] = /^(ForA\w*:)?(.*?)(IfExists)?$/i.exec(written) ?? []
  const meant = nearest(name, [...allOperators.keys(), 'Null'])
  const sets = ['ForAllValues:', 'ForAnyValue:']
  return meant && `${set && (nearest(set, sets) ?? sets[0])}${meant}${ifExists && 'IfExists'}`
}

function* qualifiedNulls({ node }: StatementView): Iterable<Problem> {
  for (const block of blocksOf(node)) {
    if (!isQualifiedNull(block.name)) continue
    const message = 'Null itself asks whether a key is there: it has no IfExists and no ForAllValues.'
    yield problem(block, message, 'Write Null.')
  }
}

function isQualifiedNull(operator: string): boolean {
  return /^(?:ForAllValues:|ForAnyValue:)?Null(?:IfExists)?$/.test(operator) && operator !== 'Null'
}

/** A value that the operators of a family can't be given. The engine's own operators say which. */
function unreadable(family: OperatorFamily, message: string, wanted: string): Check {
  return {
    level: 'error',
    find: eachValue(({ value, ...place }, { operator }): Answer => {
      if (operator.family !== family || canCompare(operator.name, value)) return undefined
      return problem(
        place,
        `${operator.written} can't compare with ${quote(value)}. ${message}`,
        `Write ${wanted}.`,
      )
    }),
  }
}

function canCompare(operator: string, value: string): boolean {
  if (operator === 'Null') return /^(?:true|false)$/i.test(value)
  return allOperators.get(operator)?.compile(value, { variables: false }) !== undefined
}

function blocksOf(node: StatementView['node']): readonly JsonMember[] {
  const condition = memberOf(node, 'Condition')?.value
  return condition?.type === 'object' ? condition.members : []
}

function linesOf(node: StatementView['node']): readonly JsonMember[] {
  return blocksOf(node).flatMap(({ value }) => (value.type === 'object' ? value.members : []))
}
