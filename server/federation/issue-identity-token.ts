import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Authorizer } from '../authorization/authorize.ts'
import type { Caller, SessionCaller, UserCaller } from '../base/caller.ts'
import { type Clock, toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { eventFacts, type RequestFacts } from '../base/request-facts.ts'
import { requestTagContext } from '../base/tag-context.ts'
import { type IdentityAlgorithm, type IdentityKey, signIdentityToken } from '../tokens/sign-identity-token.ts'
import type { AskedIdentityToken, IssuedIdentityToken } from './gate.ts'

export type IdentityTokenDeps = {
  authorizer: Authorizer
  audit: Pick<AuditLog, 'record'>
  clock: Clock
  /** The issuer's URL: our own. */
  issuer: string
  identityKey(algorithm: IdentityAlgorithm): Promise<IdentityKey>
  /** Whether the account lets its principals show who they are elsewhere. */
  isOutboundEnabled(): Promise<boolean>
}

/** The claim that holds what AWS's tokens say of a principal. */
const claimsName = 'https://sts.amazonaws.com/'

/** See `Gate.identityToken`. */
export async function issueIdentityToken(
  deps: IdentityTokenDeps,
  caller: Caller,
  asked: AskedIdentityToken,
  facts: RequestFacts,
): Promise<IssuedIdentityToken> {
  const { audiences, seconds, algorithm, tags = {} } = asked
  if (!(await deps.isOutboundEnabled())) throw new Refusal('outbound.disabled')
  const principal = requirePrincipal(caller)
  const context = requestTagContext(tags)
  context.set('sts:identitytokenaudience', audiences)
  context.set('sts:durationseconds', [String(seconds)])
  context.set('sts:signingalgorithm', [algorithm])
  const actions = [
    'sts:GetWebIdentityToken',
    ...(Object.keys(tags).length > 0 ? ['sts:TagGetWebIdentityToken'] : []),
  ]
  for (const action of actions) {
    await deps.authorizer.requirePermission(caller, { action, resource: '*', context }, facts)
  }
  const nowSeconds = toSeconds(deps.clock())
  const endsAtSeconds = caller.session?.expiresAtSeconds ?? Number.POSITIVE_INFINITY
  // A token that outlived the session would be what the session may not be: longer.
  if (nowSeconds + seconds > endsAtSeconds) throw new Refusal('outbound.outlivesSession')

  const jti = randomUUID()
  const claims = {
    iss: deps.issuer,
    sub: principal.arn,
    aud: audiences.length === 1 ? audiences[0] : audiences,
    iat: nowSeconds,
    exp: nowSeconds + seconds,
    jti,
    [claimsName]: {
      aws_account: caller.accountId,
      principal_id: principal.arn,
      ...(Object.keys(tags).length === 0 ? {} : { request_tags: tags }),
      ...(Object.keys(principal.tags).length === 0 ? {} : { principal_tags: principal.tags }),
      ...(caller.session?.sourceIdentity === undefined
        ? {}
        : { source_identity: caller.session.sourceIdentity }),
    },
  }
  const token = signIdentityToken(await deps.identityKey(algorithm), claims)
  // INVARIANT: nothing is returned before this row is durable.
  await deps.audit.record({
    ...eventFacts(facts),
    event: 'GetWebIdentityToken',
    decision: 'allowed',
    ...caller.session?.person,
    callerArn: caller.arn,
    callerAccessKeyId: caller.accessKeyId,
    resource: principal.arn,
    expiresAtMs: claims.exp * 1000,
    detail: { jti, audiences, algorithm },
  })
  return { token, expiresAtSeconds: claims.exp }
}

/** A user or a role: nobody else has an ARN that means them and nobody besides. */
function requirePrincipal(caller: Caller): { arn: string; tags: Readonly<Record<string, string>> } {
  switch (caller.kind) {
    case 'user':
      return ofUser(caller)
    case 'session':
      return ofRole(caller)
    default:
      throw new Refusal('access.denied', {
        said: {
          principal: caller.arn,
          action: 'sts:GetWebIdentityToken',
          resource: '*',
          why: 'because only users and roles have identity tokens',
        },
      })
  }
}

function ofUser({ user }: UserCaller) {
  return { arn: user.arn, tags: user.tags }
}

function ofRole({ roleArn, roleTags, session }: SessionCaller) {
  return { arn: roleArn, tags: { ...roleTags, ...session.tags } }
}
