import type { PolicySet, StatementPlace } from '../../decide/decide.ts'
import type { PolicyRequest } from '../../request.ts'
import type { OwnPolicies } from './askers.ts'
import type { Side } from './comparison.ts'
import type { Outcomes } from './decide-both.ts'

/** One thing that changed, as people would name it. */
export type Change = Meant & {
  /** In a sentence. */
  says: string
  /** The statement that made the difference, and in which version it stands. */
  version: Side
  statement: Pick<StatementPlace, 'index' | 'sid'>
  example: Example
}

/** The patterns of the statement that mean what changed, as they are written. */
export type Meant = { actions: Means; resources?: Means; principals?: Means }

/** With `not`, everything else is meant. */
export type Means = { not: boolean; written: readonly string[] }

/** A request that the two versions decide differently, with what stands beside the policy. */
export type Example = {
  request: PolicyRequest
  ownPolicies: OwnPolicies
  /** Those policies, to decide it once more with. */
  beside: PolicySet
  outcomes: Outcomes
}
