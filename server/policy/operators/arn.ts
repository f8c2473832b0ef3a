import { compileArnPattern } from '../match/arn-pattern.ts'
import { anyOf, noneOf, type Operator, wantedOf } from './operator.ts'

const like: Operator['compile'] = (value, { variables }) => wantedOf(compileArnPattern(value, variables))

/** ArnEquals and ArnLike are the same. @see AWS IAM User Guide, condition operators, ARN */
export const arnOperators = {
  ArnEquals: anyOf(like),
  ArnLike: anyOf(like),
  ArnNotEquals: noneOf(like),
  ArnNotLike: noneOf(like),
} satisfies Record<string, Operator>
