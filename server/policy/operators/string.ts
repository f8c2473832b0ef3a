import { compilePattern } from '../pattern.ts'
import { anyOf, noneOf, type Operator } from './operator.ts'

const same: Operator['compile'] = (value, { variables }) =>
  compilePattern(value, { wildcards: false, variables }).matches

const sameIgnoringCase: Operator['compile'] = (value, { variables }) =>
  compilePattern(value, { wildcards: false, variables, ignoreCase: true }).matches

const like: Operator['compile'] = (value, { variables }) =>
  compilePattern(value, { wildcards: true, variables }).matches

/** @see AWS IAM User Guide, "IAM JSON policy elements: Condition operators", string */
export const stringOperators = {
  StringEquals: anyOf(same),
  StringNotEquals: noneOf(same),
  StringEqualsIgnoreCase: anyOf(sameIgnoringCase),
  StringNotEqualsIgnoreCase: noneOf(sameIgnoringCase),
  StringLike: anyOf(like),
  StringNotLike: noneOf(like),
} satisfies Record<string, Operator>
