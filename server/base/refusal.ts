/**
 * Every expected "no" in the house. The list is closed: each door (AWS wire, REST, web) keeps one
 * exhaustive table from reason to its own code, status and words, so that a reason without a row
 * does not compile.
 */
export type Reason =
  // the request itself
  | 'request.malformed'
  | 'request.invalid'
  | 'request.tooLarge'
  | 'request.timedOut'
  | 'request.missingAction'
  | 'request.unknownAction'
  | 'request.unknownVersion'
  | 'request.unsupportedMedia'
  | 'request.foreignHost'
  | 'request.insecure'
  | 'request.crossOrigin'
  | 'request.throttled'
  // SigV4 and the credentials behind it
  | 'signature.missing'
  | 'signature.incomplete'
  | 'signature.mismatch'
  | 'signature.expired'
  | 'signature.keyUnknown'
  | 'session.invalid'
  | 'session.expired'
  | 'session.ended'
  // the proof of identity
  | 'token.malformed'
  | 'token.issuerUnknown'
  | 'token.audienceWrong'
  | 'token.signatureWrong'
  | 'token.keyUnknown'
  | 'token.expired'
  | 'token.notYetValid'
  | 'token.claimMissing'
  | 'token.rejected'
  | 'token.replayed'
  | 'token.providerUnknown'
  | 'issuer.unreachable'
  // what may be done
  | 'trust.denied'
  | 'access.denied'
  | 'duration.overRoleMaximum'
  | 'duration.overChainMaximum'
  | 'policy.malformed'
  | 'policy.packedTooLarge'
  | 'tags.invalid'
  | 'message.undecodable'
  | 'report.missing'
  | 'password.refused'
  | 'password.wrong'
  | 'password.violation'
  | 'password.userType'
  | 'outbound.disabled'
  | 'outbound.alreadyEnabled'
  | 'outbound.notEnabled'
  | 'outbound.outlivesSession'
  | 'mfa.invalid'
  | 'mfa.codes'
  | 'trail.timeRange'
  | 'trail.nextToken'
  // the catalogue
  | 'entity.missing'
  | 'entity.exists'
  | 'entity.inUse'
  | 'entity.changed'
  | 'entity.limit'
  | 'entity.invalid'
  // identity pools
  | 'pool.notAuthorized'
  | 'pool.misconfigured'
  | 'pool.userRegistered'
  // secrets
  | 'secret.state'
  | 'secret.notDecryptable'
  | 'secret.notEncryptable'
  | 'secret.keyServiceDown'
  | 'secret.publicPolicy'
  | 'secret.rotatorUnknown'
  | 'secret.nextToken'
  // ourselves
  | 'audit.unavailable'
  | 'store.unavailable'
  // the browser
  | 'signIn.cancelled'
  | 'signIn.another'
  | 'signIn.stateUnknown'
  | 'signIn.failed'
  | 'signIn.required'

/** The reasons of the named groups: `ReasonOf<'token' | 'trust'>`. */
export type ReasonOf<Group extends string> = Extract<Reason, `${Group}.${string}`>

/** Values that the caller may be shown; a door's table puts them into its sentence. */
export type Said = Readonly<Record<string, string>>

/** What the audit log would like to know of a refusal. */
export type About = {
  issuer?: string
  subject?: string
  personId?: string
  callerArn?: string
  callerAccessKeyId?: string
  resource?: string
}

export type RefusalOptions = {
  /** For the log alone: never reaches the caller. Must not hold a secret or a token. */
  detail?: string
  /** Safe to show the caller. */
  said?: Said
  cause?: unknown
}

/** An expected no. Anything else that is thrown is a bug, and answered as an internal failure. */
export class Refusal extends Error {
  readonly reason: Reason
  readonly detail: string | undefined
  readonly said: Said
  /** Who and what it concerned, for the audit log; filled in by whoever knows it. */
  readonly about: About = {}

  constructor(reason: Reason, { detail, said = {}, cause }: RefusalOptions = {}) {
    super(detail === undefined ? reason : `${reason}: ${detail}`, cause === undefined ? undefined : { cause })
    this.name = 'Refusal'
    this.reason = reason
    this.detail = detail
    this.said = said
  }

  concerning(about: About): this {
    Object.assign(this.about, about)
    return this
  }
}

/** Too many, for now: it says when to come again. */
export function throttled(waitMs: number, detail?: string): Refusal {
  const said = { retryAfterSeconds: String(Math.max(1, Math.ceil(waitMs / 1000))) }
  return new Refusal('request.throttled', { said, ...(detail === undefined ? {} : { detail }) })
}

/**
 * What every door answers a refusal with besides its own words. Where nobody knows how long, as in a queue that is
 * full, it is a moment.
 *
 * @see RFC 9110, section 10.2.3
 */
export function retryHeaders({ reason, said }: Refusal): Record<string, string> {
  return reason === 'request.throttled' ? { 'retry-after': said.retryAfterSeconds ?? '1' } : {}
}
