import type { AuditLog } from '../audit/audit-log.ts'
import { assumedRoleArn, roleArn } from '../base/arn.ts'
import type { Caller } from '../base/caller.ts'
import { eventFacts, type RequestFacts } from '../base/request-facts.ts'
import type { Ancestor, Session } from '../base/session.ts'
import { mint } from '../credentials/mint.ts'
import { maxTokenLength } from '../credentials/session-token.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Role } from '../store/roles.ts'
import type { AssumedRole } from './gate.ts'

export type IssuerDeps = { keyring: Keyring; audit: Pick<AuditLog, 'record'>; accountId: string }

/** How the session came about. */
export type Occasion = { event: string; facts: RequestFacts; caller?: Caller }

/**
 * The end of every way into a role: whoever calls this has seen that the role's trust policy admits them.
 *
 * @throws {Refusal} policy.packedTooLarge | audit.unavailable
 */
export async function issueRoleSession(
  { keyring, audit, accountId }: IssuerDeps,
  role: Role,
  draft: Omit<Session, 'accessKeyId'>,
  occasion: Occasion,
): Promise<AssumedRole> {
  const arn = roleArn(accountId, role.path, role.name)
  const { session, credentials } = mint(keyring, draft)
  // INVARIANT: nothing is returned before this row is durable.
  await audit.record(issuedEvent(session, arn, occasion))
  const packed =
    session.policy !== undefined || session.policyArns.length > 0 || Object.keys(session.tags).length > 0
  const percent = Math.ceil((credentials.sessionToken.length / maxTokenLength) * 100)
  return {
    role,
    roleArn: arn,
    arn: assumedRoleArn(accountId, role.name, session.name),
    assumedRoleId: `${role.id}:${session.name}`,
    credentials,
    session,
    ...(packed ? { packedPolicyPercent: percent } : {}),
  }
}

/** The caller, as what a new session was got by. */
export function ancestorOf(caller: Caller, nowSeconds: number): Ancestor {
  if (caller.session !== undefined) {
    const { accessKeyId, principalId, issuedAtSeconds } = caller.session
    return { accessKeyId, principalId, issuedAtSeconds }
  }
  const principalId = caller.kind === 'user' ? caller.user.id : caller.accountId
  return { accessKeyId: caller.accessKeyId, principalId, issuedAtSeconds: nowSeconds }
}

/** The audit row of credentials that are about to be handed out. */
export function issuedEvent(session: Session, resource: string, { event, facts, caller }: Occasion) {
  return {
    ...eventFacts(facts),
    event,
    decision: 'allowed' as const,
    ...session.person,
    ...(caller === undefined ? {} : { callerArn: caller.arn, callerAccessKeyId: caller.accessKeyId }),
    resource,
    accessKeyId: session.accessKeyId,
    sessionName: session.name,
    expiresAtMs: session.expiresAtSeconds * 1000,
    detail: narrowingOf(session),
  }
}

/** What makes this session more or less than its principal: to be found again when it has done something. */
function narrowingOf({ proof, tags, sourceIdentity, policy, policyArns, ancestors, mfaAtSeconds }: Session) {
  return {
    ...(proof === undefined ? {} : { audience: proof.audience }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(policy === undefined ? {} : { policy }),
    ...(policyArns.length === 0 ? {} : { policyArns }),
    ...(ancestors.length === 0 ? {} : { ancestors: ancestors.map(one => one.accessKeyId) }),
    ...(mfaAtSeconds === undefined ? {} : { mfaAtSeconds }),
  }
}
