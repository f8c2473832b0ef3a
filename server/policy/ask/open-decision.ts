import {
  type Decision,
  decide,
  type PolicyPart,
  type PolicySet,
  placeOf,
  policyParts,
  type StatementPlace,
} from '../decide/decide.ts'
import { reaches } from '../language/principal.ts'
import { reachOf } from '../language/statement.ts'
import type { PolicyRequest } from '../request.ts'
import { type JudgedPolicy, type JudgedStatement, settlePolicy } from './judged-policy.ts'

export type JudgedSet = ReadonlyMap<PolicyPart, readonly JudgedPolicy[]>

/**
 * Open statements that weigh the same: all denials; the allowing ones of one part; and of a resource's policy
 * those that reach as far.
 */
type Weight = string

/** An open statement that means the principal. */
export type OpenStatement = JudgedStatement & { place: StatementPlace; weight: Weight }

/**
 * A decision some statements of which are open. More that allows never makes less allowed, and more that
 * denies never more: so what is denied with all the open allowing statements and none of the denying ones is
 * denied whatever the context, and the other way round.
 */
export class OpenDecision {
  readonly #set: JudgedSet
  readonly #request: PolicyRequest
  readonly #open: readonly OpenStatement[]

  constructor(set: JudgedSet, request: PolicyRequest) {
    this.#set = set
    this.#request = request
    this.#open = openStatements(set, request)
  }

  /** With the open statements that allow, and without those that deny. */
  atBest(): Decision {
    return this.#decide(new Set(this.#open.map(({ weight }) => weight).filter(weight => weight !== 'deny')))
  }

  /** With the open statements that deny, and without those that allow. */
  atWorst(): Decision {
    return this.#decide(new Set(['deny']))
  }

  /** The open statements that may make a difference: for some outcome of all the others. */
  decisive(): OpenStatement[] {
    const weights = [...new Set(this.#open.map(({ weight }) => weight))]
    const allowed = Array.from({ length: 2 ** weights.length }, (_, bits) => {
      const assumed = new Set(weights.filter((_, n) => (bits >> n) & 1))
      return this.#decide(assumed).outcome === 'allowed'
    })
    const matters = weights.filter((_, n) => allowed.some((one, bits) => one !== allowed[bits | (1 << n)]))
    return this.#open.filter(({ weight }) => matters.includes(weight))
  }

  #decide(assumed: ReadonlySet<Weight>): Decision {
    const settled = (part: PolicyPart) =>
      this.#set.get(part)?.map(judged =>
        settlePolicy(judged, one => {
          const weight = weightOf(part, one, this.#request, this.#set)
          return weight !== undefined && assumed.has(weight)
        }),
      )
    const set: { -readonly [Part in keyof PolicySet]: PolicySet[Part] } = {}
    for (const part of ['identity', 'group', 'session'] as const) {
      const policies = settled(part)
      if (policies !== undefined) set[part] = policies
    }
    for (const part of ['boundary', 'resource'] as const) {
      const [policy] = settled(part) ?? []
      if (policy !== undefined) set[part] = policy
    }
    return decide(set, this.#request)
  }
}

function openStatements(set: JudgedSet, request: PolicyRequest): OpenStatement[] {
  const found: OpenStatement[] = []
  for (const part of policyParts) {
    for (const [n, judged] of set.get(part)?.entries() ?? []) {
      for (const one of [...judged.allowing, ...judged.denying]) {
        const weight = one.truth === 'open' ? weightOf(part, one, request, set) : undefined
        if (weight !== undefined) found.push({ ...one, place: placeOf(part, n, one.statement), weight })
      }
    }
  }
  return found
}

/** Undefined for a statement that means somebody else. */
function weightOf(
  part: PolicyPart,
  { statement }: JudgedStatement,
  request: PolicyRequest,
  set: JudgedSet,
): Weight | undefined {
  const reach = reachOf(statement, request, part === 'resource' && set.has('boundary'))
  if (reach === 'none') return undefined
  if (statement.effect === 'Deny') return 'deny'
  return part === 'resource' ? `resource ${reaches[reach]}` : part === 'group' ? 'identity' : part
}
