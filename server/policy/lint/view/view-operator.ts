import { readOperator } from '../../language/condition.ts'
import { allOperators } from '../../operators/all-operators.ts'
import type { Place } from '../text/json-node.ts'
import type { OperatorFamily, OperatorView } from './policy-view.ts'

/** Undefined when there is no such operator. */
export function viewOperator(written: string, place: Place): OperatorView | undefined {
  const { name, ifExists, ...read } = readOperator(written)
  const set = sets.find(one => one === read.set)
  const negated = allOperators.get(name)?.negated
  const isNull = name === 'Null' && set === undefined && !ifExists
  if (negated === undefined && !isNull) return undefined
  const common = { path: place.path, at: place.at, written, set, name, ifExists }
  if (negated === undefined) return { ...common, negated: false, family: 'Null', holdsWhenAbsent: false }
  const holdsWhenAbsent = ifExists || (set === undefined ? negated : set === 'ForAllValues')
  return { ...common, negated, family: familyOf(name), holdsWhenAbsent }
}

const sets = ['ForAllValues', 'ForAnyValue'] as const
const families = ['String', 'Numeric', 'Date', 'Bool', 'Binary', 'Arn'] as const

function familyOf(name: string): OperatorFamily {
  return families.find(family => name.startsWith(family)) ?? 'IpAddress'
}
