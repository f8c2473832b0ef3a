import ipaddr from 'ipaddr.js'
import { dateOperators } from '../../operators/date.ts'
import { numericOperators } from '../../operators/numeric.ts'
import type { Wanted } from '../../operators/operator.ts'
import { type CheckTable, inStatements, type Problem } from '../check.ts'
import { arnCovers, arnTokens } from '../view/arn-fields.ts'
import { covers, type Effort, newEffort, tokensOf } from '../view/glob.ts'
import type { ConditionView, PolicyView, StatementView } from '../view/policy-view.ts'
import { type Comparer, redundant, repeated, withoutVariables } from '../view/redundant.ts'

/** Of the values of a condition one must fit, or none may: what is within another changes nothing. */
export const redundantValueChecks = {
  'value-redundant': { level: 'suggestion', find: inStatements(redundantValues) },
} satisfies CheckTable

function* redundantValues({ conditions, effect }: StatementView, { version }: PolicyView): Iterable<Problem> {
  const effort = newEffort()
  for (const condition of conditions) {
    const { values, operator } = condition
    if (operator.family === 'Null') continue
    const some = operator.negated && effect === 'Allow' ? withoutVariables(values) : values
    const list = some.map(text => ({ text, same: spelled(condition, text.value) }))
    yield* find(list, condition, version === '2012-10-17', effort)
  }
}

function spelled({ operator }: ConditionView, value: string): string {
  return operator.name.endsWith('IgnoreCase') || operator.family === 'Bool' ? value.toLowerCase() : value
}

function find(
  list: Parameters<typeof redundant>[0],
  { operator }: ConditionView,
  variables: boolean,
  effort: Effort,
): Iterable<Problem> {
  if (/^String(?:Not)?Like$/.test(operator.name)) return redundant(list, globs(variables, effort))
  if (operator.family === 'Arn') return redundant(list, arns(variables, effort))
  if (operator.family === 'IpAddress') return redundant(list, blocks(effort))
  const order = orderOf(operator.name)
  return order === undefined ? repeated(list) : redundant(list, limits(order, effort))
}

function globs(variables: boolean, effort: Effort): Comparer<ReturnType<typeof tokensOf>> {
  return {
    prepare: value => tokensOf(value, variables),
    covers: (wide, narrow) => covers(wide, narrow, effort),
    effort,
  }
}

function arns(variables: boolean, effort: Effort): Comparer<ReturnType<typeof arnTokens>> {
  return {
    prepare: value => arnTokens(value, variables),
    covers: (wide, narrow) => wide !== undefined && narrow !== undefined && arnCovers(wide, narrow, effort),
    effort,
  }
}

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Against one character of a pattern. */
const costOfBlock = 5

function blocks(effort: Effort): Comparer<Block | undefined> {
  return {
    prepare(value) {
      if (ipaddr.isValidCIDR(value)) return ipaddr.parseCIDR(value)
      if (!ipaddr.isValid(value)) return undefined
      const address = ipaddr.parse(value)
      return [address, address.kind() === 'ipv4' ? 32 : 128]
    },
    covers(wide, narrow) {
      effort.left -= costOfBlock
      if (effort.left < 0 || wide === undefined || narrow === undefined) return false
      return wide[0].kind() === narrow[0].kind() && wide[1] <= narrow[1] && narrow[0].match(wide)
    },
    effort,
  }
}

type Limit = { value: string; wanted: Wanted | undefined }

/** The operator by which a limit is at most another, or at least. Of limits of one kind, only the furthest counts. */
function orderOf(operator: string): ((value: string) => Wanted | undefined) | undefined {
  const options = { variables: false }
  switch (operator.replace(/Equals$/, '')) {
    case 'NumericLessThan':
      return value => numericOperators.NumericLessThanEquals.compile(value, options)
    case 'NumericGreaterThan':
      return value => numericOperators.NumericGreaterThanEquals.compile(value, options)
    case 'DateLessThan':
      return value => dateOperators.DateLessThanEquals.compile(value, options)
    case 'DateGreaterThan':
      return value => dateOperators.DateGreaterThanEquals.compile(value, options)
    default:
      return undefined
  }
}

function limits(compile: (value: string) => Wanted | undefined, effort: Effort): Comparer<Limit> {
  return {
    prepare: value => ({ value, wanted: compile(value) }),
    covers: (wide, narrow) => --effort.left >= 0 && (wide.wanted?.fits(narrow.value, new Map()) ?? false),
    effort,
  }
}
