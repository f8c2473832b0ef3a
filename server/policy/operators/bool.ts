import { anyOf, type Operator } from './operator.ts'

const same: Operator['compile'] = value => {
  const wanted = value.toLowerCase()
  return wanted === 'true' || wanted === 'false' ? actual => actual.toLowerCase() === wanted : undefined
}

/** @see AWS IAM User Guide, condition operators, Boolean */
export const boolOperators = { Bool: anyOf(same) } satisfies Record<string, Operator>
