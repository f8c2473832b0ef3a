import { anyOf, type Operator } from './operator.ts'

const same: Operator['compile'] = value => {
  const wanted = value.toLowerCase()
  if (wanted !== 'true' && wanted !== 'false') return undefined
  return { fits: actual => actual.toLowerCase() === wanted }
}

/** @see AWS IAM User Guide, condition operators, Boolean */
export const boolOperators = { Bool: anyOf(same) } satisfies Record<string, Operator>
