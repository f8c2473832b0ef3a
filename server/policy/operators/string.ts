import { compilePattern } from '../match/pattern.ts'
import { anyOf, noneOf, type Operator, wantedOf } from './operator.ts'

const same: Operator['compile'] = (value, { variables }) =>
  wantedOf(compilePattern(value, { wildcards: false, variables }))

/** Variables are resolved first: the case of their values counts for as little as that of the text. */
const sameIgnoringCase: Operator['compile'] = (value, { variables }) => {
  const pattern = compilePattern(value, { wildcards: false, variables })
  const { literal, needs } = pattern
  const fixed = literal?.toLowerCase()
  return {
    fits: (actual, context) => actual.toLowerCase() === (fixed ?? pattern.textIn(context)?.toLowerCase()),
    needs,
  }
}

const like: Operator['compile'] = (value, { variables }) =>
  wantedOf(compilePattern(value, { wildcards: true, variables }))

/** @see AWS IAM User Guide, "IAM JSON policy elements: Condition operators", string */
export const stringOperators = {
  StringEquals: anyOf(same),
  StringNotEquals: noneOf(same),
  StringEqualsIgnoreCase: anyOf(sameIgnoringCase),
  StringNotEqualsIgnoreCase: noneOf(sameIgnoringCase),
  StringLike: anyOf(like),
  StringNotLike: noneOf(like),
} satisfies Record<string, Operator>
