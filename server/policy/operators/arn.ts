import { compileArnPattern } from '../arn-pattern.ts'
import { anyOf, noneOf, type Operator } from './operator.ts'

const like: Operator['compile'] = (value, { variables }) => compileArnPattern(value, variables).matches

/** ArnEquals and ArnLike are the same. @see AWS IAM User Guide, condition operators, ARN */
export const arnOperators = {
  ArnEquals: anyOf(like),
  ArnLike: anyOf(like),
  ArnNotEquals: noneOf(like),
  ArnNotLike: noneOf(like),
} satisfies Record<string, Operator>
