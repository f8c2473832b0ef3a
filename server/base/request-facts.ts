import { isoSeconds, toSeconds } from './clock.ts'

/** What is known of a request before anybody is authenticated. */
export type RequestFacts = {
  requestId: string
  /** The peer's address, or what a trusted proxy says it is; never taken from a stranger's header. */
  sourceIp: string
  userAgent?: string
  secure: boolean
  atMs: number
}

/** What an audit event says of its request. */
export function eventFacts({ atMs, requestId, sourceIp, userAgent }: RequestFacts) {
  return { atMs, requestId, sourceIp, ...(userAgent === undefined ? {} : { userAgent }) }
}

/** Condition keys in lower case to their values. An absent key is an absent entry. */
export type ConditionContext = Map<string, readonly string[]>

/**
 * The global condition keys that every request has.
 * @see AWS IAM User Guide, "AWS global condition context keys"
 */
export function contextOf(facts: RequestFacts): ConditionContext {
  const seconds = toSeconds(facts.atMs)
  const context: ConditionContext = new Map([
    ['aws:sourceip', [facts.sourceIp]],
    ['aws:currenttime', [isoSeconds(seconds)]],
    ['aws:epochtime', [String(seconds)]],
    ['aws:securetransport', [String(facts.secure)]],
  ])
  if (facts.userAgent !== undefined) context.set('aws:useragent', [facts.userAgent])
  return context
}
