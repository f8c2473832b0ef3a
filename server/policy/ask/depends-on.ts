import type { StatementPlace } from '../decide/decide.ts'
import { conditionText } from './condition-text.ts'
import type { OpenStatement } from './open-decision.ts'
import { variableKeys } from './values/line.ts'

/** A statement that an answer depends on. */
export type DependsOn = {
  place: StatementPlace
  effect: 'Allow' | 'Deny'
  /** Of an Allow, all of these are to be met; of a Deny, one at least is not to be met. */
  lines: readonly DependsOnLine[]
  /** `if aws:MultiFactorAuthPresent is true`, or `unless aws:SourceIp is in 192.0.2.0/24`. */
  says: string
}

export type DependsOnLine = {
  /** `Condition StringEquals aws:PrincipalTag/team`, `Resource` or `NotResource`. */
  element: string
  /** The condition keys that it asks about, in lower case. */
  keys: readonly string[]
  /** What it wants, as it is written. */
  wanted: readonly string[]
  says: string
}

export function dependsOn({ place, statement, open, openResource }: OpenStatement): DependsOn {
  const { effect, resources } = statement
  const lines: DependsOnLine[] = open.map(({ condition, variables }) => ({
    element: `Condition ${condition.operator} ${condition.writtenKey}`,
    keys: [...new Set([condition.key, ...variables])],
    wanted: condition.values,
    says: conditionText(condition),
  }))
  if (openResource && resources !== undefined) {
    const { patterns, written, negated } = resources
    lines.push({
      element: negated ? 'NotResource' : 'Resource',
      keys: variableKeys(patterns),
      wanted: written,
      says: `the resource is ${negated ? 'not ' : ''}${written.join(' or ')}`,
    })
  }
  const says = lines.map(line => line.says).join(' and ')
  return { place, effect, lines, says: `${effect === 'Allow' ? 'if' : 'unless'} ${says}` }
}
