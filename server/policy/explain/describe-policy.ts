import type { Condition } from '../language/condition.ts'
import type { Statement } from '../language/statement.ts'
import type { Policy } from '../policy.ts'

/**
 * What policies allow, in plain sentences: for people who choose a role and don't read JSON. Denials come
 * last and begin with "Never".
 */
export function describePolicies(policies: readonly Policy[]): string[] {
  const statements = policies.flatMap(policy => policy.statements)
  const sentences = [
    ...statements.filter(({ effect }) => effect === 'Allow').map(describeStatement),
    ...statements
      .filter(({ effect }) => effect === 'Deny')
      .map(one => `Never: ${lowerFirst(describeStatement(one))}`),
  ]
  return [...new Set(sentences)]
}

function describeStatement({ actions, resources, conditions }: Statement): string {
  const what = describeActions(actions.written, actions.negated)
  const where = describeResources(resources?.written ?? [], resources?.negated ?? false)
  return `${what} ${where}${describeConditions(conditions)}`
}

function describeActions(actions: readonly string[], not: boolean): string {
  if (not) return `Everything but ${joined(actions)}`
  if (actions.includes('*')) return 'Do everything'
  const services = actions.filter(action => /^[^:]+:\*$/.test(action)).map(action => action.split(':')[0])
  if (services.length === actions.length) return `Use all of ${joined(services.map(name => `${name}`))}`
  return `Use ${joined(actions)}`
}

function describeResources(resources: readonly string[], not: boolean): string {
  if (not) return `on everything but ${joined(resources)}`
  return resources.length === 0 || resources.includes('*') ? 'on every resource' : `on ${joined(resources)}`
}

function describeConditions(conditions: readonly Condition[]): string {
  if (conditions.length === 0) return ''
  return `, if ${conditions.map(describeCondition).join(' and ')}`
}

const verbs: Readonly<Record<string, string>> = {
  StringEquals: 'is',
  StringEqualsIgnoreCase: 'is',
  StringNotEquals: 'is not',
  StringNotEqualsIgnoreCase: 'is not',
  StringLike: 'is like',
  StringNotLike: 'is not like',
  NumericEquals: 'is',
  NumericNotEquals: 'is not',
  NumericLessThan: 'is less than',
  NumericLessThanEquals: 'is at most',
  NumericGreaterThan: 'is more than',
  NumericGreaterThanEquals: 'is at least',
  DateEquals: 'is',
  DateNotEquals: 'is not',
  DateLessThan: 'is before',
  DateLessThanEquals: 'is not after',
  DateGreaterThan: 'is after',
  DateGreaterThanEquals: 'is not before',
  Bool: 'is',
  BinaryEquals: 'is',
  IpAddress: 'is in',
  NotIpAddress: 'is not in',
  ArnEquals: 'is',
  ArnLike: 'is like',
  ArnNotEquals: 'is not',
  ArnNotLike: 'is not like',
}

/** `aws:MultiFactorAuthPresent is true` */
export function describeCondition({ operator, key, values }: Condition): string {
  if (operator === 'Null') return values.includes('true') ? `there is no ${key}` : `there is a ${key}`
  const name = operator.replace(/^For\w+:/, '').replace(/IfExists$/, '')
  const subject = operator.startsWith('ForAllValues:')
    ? `each ${key}`
    : operator.startsWith('ForAnyValue:')
      ? `any ${key}`
      : key
  const unless = operator.endsWith('IfExists') ? ' (where there is one)' : ''
  return `${subject}${unless} ${verbs[name] ?? name} ${values.join(' or ')}`
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
