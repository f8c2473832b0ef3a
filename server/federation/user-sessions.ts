import type { Authorizer } from '../authorization/authorize.ts'
import { federatedUserArn } from '../base/arn.ts'
import type { Caller, RootCaller, UserCaller } from '../base/caller.ts'
import { type Clock, toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Session } from '../base/session.ts'
import { requestTagContext } from '../base/tag-context.ts'
import { type Minted, mint } from '../credentials/mint.ts'
import { maxTokenLength } from '../credentials/session-token.ts'
import type { MfaVerifier } from '../credentials/verify-mfa.ts'
import type { Policies } from '../store/policies.ts'
import type { AskedFederation, AskedUserSession, FederatedSession } from './gate.ts'
import { ancestorOf, type IssuerDeps, issuedEvent } from './issue-role-session.ts'
import { requireFactor } from './require-factor.ts'
import { requireSessionPolicies } from './session-request.ts'

type Deps = IssuerDeps & {
  policies: Pick<Policies, 'find'>
  authorizer: Authorizer
  mfa: MfaVerifier
  clock: Clock
}

const bounds = { user: { least: 900, most: 129_600 }, root: { least: 900, most: 3_600 } }

/** See `Gate.userSession`. */
export async function issueUserSession(
  deps: Deps,
  caller: Caller,
  { seconds, factor }: AskedUserSession,
  facts: RequestFacts,
): Promise<Minted> {
  const owner = requireLongTerm(caller, 'sts:GetSessionToken')
  const mfaAtSeconds = await requireFactor(deps.mfa, owner, factor)
  const minted = mint(deps.keyring, {
    ...draftFor(owner, 'user', '', secondsFor(owner, seconds), toSeconds(deps.clock())),
    ...(mfaAtSeconds === undefined ? {} : { mfaAtSeconds }),
  })
  // INVARIANT: nothing is returned before this row is durable.
  await deps.audit.record(issuedEvent(minted.session, owner.arn, { event: 'GetSessionToken', facts, caller }))
  return minted
}

/** See `Gate.federate`. */
export async function issueFederatedSession(
  deps: Deps,
  caller: Caller,
  asked: AskedFederation,
  facts: RequestFacts,
): Promise<FederatedSession> {
  const owner = requireLongTerm(caller, 'sts:GetFederationToken')
  const { accountId, policies, authorizer, audit, keyring, clock } = deps
  const { tags = {} } = asked
  const resource = federatedUserArn(accountId, asked.name)
  const context = requestTagContext(tags)
  const actions = ['sts:GetFederationToken', ...(Object.keys(tags).length > 0 ? ['sts:TagSession'] : [])]
  for (const action of actions) {
    await authorizer.requirePermission(owner, { action, resource, context }, facts)
  }
  await requireSessionPolicies(asked, accountId, policies)
  const { session, credentials } = mint(keyring, {
    ...draftFor(owner, 'federatedUser', asked.name, secondsFor(owner, asked.seconds), toSeconds(clock())),
    tags,
    policyArns: asked.policyArns ?? [],
    ...(asked.policy === undefined ? {} : { policy: asked.policy }),
  })
  // INVARIANT: nothing is returned before this row is durable.
  await audit.record(issuedEvent(session, resource, { event: 'GetFederationToken', facts, caller }))
  const isNarrowed = asked.policy !== undefined || session.policyArns.length > 0
  const percent = Math.ceil((credentials.sessionToken.length / maxTokenLength) * 100)
  return { credentials, session, packedPolicyPercent: isNarrowed ? percent : 0 }
}

/** Temporary credentials that could get new ones would never end. */
function requireLongTerm(caller: Caller, action: string): RootCaller | UserCaller {
  if ((caller.kind === 'root' || caller.kind === 'user') && caller.session === undefined) return caller
  throw new Refusal('access.denied', {
    said: {
      principal: caller.arn,
      action,
      resource: caller.arn,
      why: "because session credentials can't call this action",
    },
  })
}

/** The owner's end in an hour, whatever was asked for. @see AWS STS API reference, GetSessionToken, DurationSeconds */
function secondsFor({ kind }: RootCaller | UserCaller, asked: number): number {
  const { least, most } = bounds[kind]
  return Math.max(least, Math.min(most, asked))
}

function draftFor(
  owner: RootCaller | UserCaller,
  kind: 'user' | 'federatedUser',
  name: string,
  seconds: number,
  nowSeconds: number,
): Omit<Session, 'accessKeyId'> {
  return {
    kind,
    principalId: owner.kind === 'user' ? owner.user.id : owner.accountId,
    name,
    issuedAtSeconds: nowSeconds,
    expiresAtSeconds: nowSeconds + seconds,
    ancestors: [ancestorOf(owner, nowSeconds)],
    tags: {},
    transitiveTagKeys: [],
    policyArns: [],
    demo: false,
  }
}
