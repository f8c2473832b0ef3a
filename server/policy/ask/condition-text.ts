import { describeCondition } from '../explain/describe-policy.ts'
import type { Condition } from '../language/condition.ts'

/** `aws:MultiFactorAuthPresent is true`, with the key as it is written. */
export function conditionText(condition: Condition): string {
  return describeCondition({ ...condition, key: condition.writtenKey })
}

export function conditionTexts(conditions: readonly Condition[]): string {
  return conditions.map(conditionText).join(' and ')
}
