import type { Statement } from '../language/statement.ts'
import { ResourceHashes, StatementIndex } from '../match/statement-index.ts'
import type { Policy } from '../policy.ts'
import type { Context } from '../request.ts'
import type { Effort } from './effort.ts'
import { and, type Truth, truthOfLine, truthOfResources } from './truth.ts'
import { type Line, linesOf } from './values/line.ts'

/** What is asked about, whoever the principal is. */
export type Asked = { action: string; resource: string; known: Context }

/** A statement that is about the action and not certainly about something else than what is asked. */
export type JudgedStatement = {
  statement: Statement
  truth: true | 'open'
  /** The conditions that it depends on. */
  open: readonly Line[]
  /** Whether it depends on variables in its resources. */
  openResource: boolean
}

export type JudgedPolicy = { policy: Policy; allowing: JudgedStatement[]; denying: JudgedStatement[] }

export function judgePolicy(policy: Policy, asked: Asked, effort: Effort): JudgedPolicy {
  resource.useResource(asked.resource)
  const judge = (effect: 'allowing' | 'denying'): JudgedStatement[] => {
    const found: Statement[] = []
    const count = policy[effect].lookUp(asked.action, resource, found)
    const candidates = [...new Set(found.slice(0, count))].sort((one, other) => one.index - other.index)
    return candidates.flatMap(statement => judgeStatement(statement, policy, asked, effort) ?? [])
  }
  return { policy, allowing: judge('allowing'), denying: judge('denying') }
}

const resource = new ResourceHashes()

function judgeStatement(
  statement: Statement,
  policy: Policy,
  { resource, known }: Asked,
  effort: Effort,
): JudgedStatement | undefined {
  const { resources, effect } = statement
  const about = resources === undefined || truthOfResources(resources, resource, effect, known)
  const open: Line[] = []
  const truths: Truth[] = [about]
  for (const line of linesOf(statement.conditions, policy)) {
    const truth = truthOfLine(line, effect, known, effort)
    truths.push(truth)
    if (truth === 'open') open.push(line)
  }
  const truth = and(truths)
  return truth === false ? undefined : { statement, truth, open, openResource: about === 'open' }
}

/**
 * The policy with every statement settled: those that match, and the open ones that are assumed to, match
 * whatever the context; the others never. Principals are left as they are, so that `decide` weighs the
 * settled statements as it would any.
 */
export function settlePolicy(
  { policy, allowing, denying }: JudgedPolicy,
  isAssumed: (judged: JudgedStatement) => boolean,
): Policy {
  const settle = (judged: readonly JudgedStatement[]): StatementIndex => {
    const matching = judged.filter(one => one.truth === true || isAssumed(one))
    return matching.length === 0 ? nothing : new StatementIndex(matching.map(withoutDoubt))
  }
  return { ...policy, allowing: settle(allowing), denying: settle(denying) }
}

const nothing = new StatementIndex([])

function withoutDoubt({ statement }: JudgedStatement): Statement {
  return { ...statement, resources: undefined, resource: undefined, conditions: [] }
}
