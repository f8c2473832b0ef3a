import { randomUUID } from 'node:crypto'
import { identityPoolArn } from '../base/arn.ts'
import type { Caller } from '../base/caller.ts'
import { toSeconds } from '../base/clock.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import { demoClaim } from '../identity/pool-logins.ts'
import { signIdentityToken } from '../tokens/sign-identity-token.ts'
import type { CognitoDeps } from './deps.ts'
import type { PoolPerson } from './pool-identity.ts'

/** How it came about. */
type Occasion = { event: string; facts: RequestFacts; caller?: Caller }

/** @throws {Refusal} audit.unavailable */
export async function issueOpenIdToken(
  deps: CognitoDeps,
  { poolId, identityId, amr, tags, demo }: PoolPerson,
  seconds: number,
  { event, facts, caller }: Occasion,
): Promise<string> {
  const iat = toSeconds(deps.clock())
  const jti = randomUUID()
  const principalTags = Object.entries(tags).map(([key, value]) => [key, [value]])
  const claims = {
    iss: deps.issuer,
    sub: identityId,
    aud: poolId,
    amr,
    iat,
    exp: iat + seconds,
    jti,
    ...(principalTags.length === 0
      ? {}
      : { 'https://aws.amazon.com/tags': { principal_tags: Object.fromEntries(principalTags) } }),
    ...(demo ? { [demoClaim]: true } : {}),
  }
  const token = signIdentityToken(await deps.signingKey(), claims)
  // INVARIANT: nothing is returned before this row is durable.
  await deps.audit.record({
    atMs: facts.atMs,
    event,
    decision: 'allowed',
    requestId: facts.requestId,
    sourceIp: facts.sourceIp,
    ...(facts.userAgent === undefined ? {} : { userAgent: facts.userAgent }),
    issuer: deps.issuer,
    subject: identityId,
    ...(caller === undefined ? {} : { callerArn: caller.arn, callerAccessKeyId: caller.accessKeyId }),
    resource: identityPoolArn(deps.accountId, poolId),
    expiresAtMs: claims.exp * 1000,
    detail: { jti, amr, ...(principalTags.length === 0 ? {} : { tags }) },
  })
  return token
}
