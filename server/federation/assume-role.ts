import type { AuditLog } from '../audit/audit-log.ts'
import { roleArn as arnOfRole, assumedRoleArn } from '../base/arn.ts'
import { type Clock, toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Session } from '../base/session.ts'
import { type Minted, mint } from '../credentials/mint.ts'
import { maxTokenLength } from '../credentials/session-token.ts'
import { createRateLimit } from '../http/rate-limit.ts'
import type { Keyring } from '../keys/keyring.ts'
import { describePolicies } from '../policy/explain/describe-policy.ts'
import { findStoredPolicies } from '../policy/stored-policy.ts'
import type { Policies } from '../store/policies.ts'
import type { Role, Roles } from '../store/roles.ts'
import type { AskedSession, AssumedRole, Gate, OfferedRole } from './gate.ts'
import { readRoleArn, requireSane, requireSessionPolicies } from './session-request.ts'
import { requireTrust } from './trust.ts'

export type GateDeps = {
  roles: Pick<Roles, 'find' | 'list' | 'documents'>
  policies: Pick<Policies, 'find'>
  keyring: Keyring
  audit: Pick<AuditLog, 'record'>
  accountId: string
  clock: Clock
  /** Whether what the demo made still counts. */
  demo: boolean
}

/** How often one person may be given credentials: each leaves a row in the audit log for good. */
const perPerson = { burst: 1_000, perSecond: 20 }

export function createGate(deps: GateDeps): Gate {
  const limit = createRateLimit(perPerson, deps.clock)
  return {
    async assumeRole(identity, roleArn, asked, facts) {
      try {
        if (!limit.take(`${identity.issuer} ${identity.subject}`)) throw new Refusal('request.throttled')
        return await assume(deps, identity, roleArn, asked, facts)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        throw error.concerning({ issuer: identity.issuer, subject: identity.subject, resource: roleArn })
      }
    },
    rolesFor: (identity, sessionName, facts) => rolesFor(deps, identity, sessionName, facts),
  }
}

async function assume(
  deps: GateDeps,
  identity: FederatedIdentity,
  text: string,
  asked: AskedSession,
  facts: RequestFacts,
): Promise<AssumedRole> {
  const { accountId, clock, keyring } = deps
  requireSane(asked)
  const role = await requireRole(deps, text)
  // From here on in its one spelling, whatever the caller wrote.
  const roleArn = arnOfRole(accountId, role.path, role.name)
  requireLive(identity, deps.demo)
  requireTrust({ identity, role, roleArn, accountId, sessionName: asked.name, facts })
  if (asked.seconds > role.maxSessionSeconds) throw new Refusal('duration.overRoleMaximum')
  await requireSessionPolicies(asked, accountId, deps.policies)
  const minted = mint(keyring, sessionFor(identity, role, asked, toSeconds(clock())))
  // INVARIANT: nothing is returned before this row is durable.
  await deps.audit.record(auditEvent(minted, roleArn, facts))
  return assumed(minted, role, roleArn, asked, accountId)
}

/** A role that is not there is refused in the words of one that does not trust the caller. */
async function requireRole({ roles, accountId, demo }: GateDeps, text: string): Promise<Role> {
  const named = readRoleArn(text)
  const role = named.accountId === accountId ? await roles.find(named.name) : undefined
  if (role === undefined || role.path !== named.path || (role.demo && !demo)) {
    throw new Refusal('trust.denied', {
      detail: `there is no role ${text}`,
      said: { action: 'sts:AssumeRoleWithWebIdentity' },
    })
  }
  return role
}

function requireLive(identity: FederatedIdentity, demo: boolean): void {
  if (!identity.demo || demo) return
  throw new Refusal('trust.denied', {
    detail: 'a demo identity while the demo is off',
    said: { action: 'sts:AssumeRoleWithWebIdentity' },
  })
}

function sessionFor(identity: FederatedIdentity, role: Role, asked: AskedSession, nowSeconds: number) {
  return {
    roleId: role.id,
    name: asked.name,
    provider: identity.provider,
    issuer: identity.issuer,
    subject: identity.subject,
    audience: identity.audience,
    subjectKey: identity.subjectKey,
    audienceKey: identity.audienceKey,
    issuedAtSeconds: nowSeconds,
    expiresAtSeconds: nowSeconds + asked.seconds,
    ancestors: [],
    tags: identity.tags,
    transitiveTagKeys: identity.transitiveTagKeys,
    policyArns: asked.policyArns ?? [],
    ...(asked.policy === undefined ? {} : { policy: asked.policy }),
    ...(identity.sourceIdentity === undefined ? {} : { sourceIdentity: identity.sourceIdentity }),
    demo: identity.demo,
  }
}

function auditEvent({ session }: Minted, roleArn: string, facts: RequestFacts) {
  return {
    atMs: facts.atMs,
    event: 'AssumeRoleWithWebIdentity',
    decision: 'allowed' as const,
    requestId: facts.requestId,
    sourceIp: facts.sourceIp,
    ...(facts.userAgent === undefined ? {} : { userAgent: facts.userAgent }),
    issuer: session.issuer,
    subject: session.subject,
    resource: roleArn,
    accessKeyId: session.accessKeyId,
    sessionName: session.name,
    expiresAtMs: session.expiresAtSeconds * 1000,
    detail: narrowingOf(session),
  }
}

/** What makes this session more or less than its role: to be found again when it has done something. */
function narrowingOf({ audience, tags, sourceIdentity, policy, policyArns }: Session) {
  return {
    audience,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(policy === undefined ? {} : { policy }),
    ...(policyArns.length === 0 ? {} : { policyArns }),
  }
}

function assumed(
  { session, credentials }: Minted,
  role: Role,
  roleArn: string,
  asked: AskedSession,
  accountId: string,
): AssumedRole {
  const packed =
    asked.policy !== undefined || (asked.policyArns ?? []).length > 0 || Object.keys(session.tags).length > 0
  const percent = Math.ceil((credentials.sessionToken.length / maxTokenLength) * 100)
  return {
    role,
    roleArn,
    arn: assumedRoleArn(accountId, role.name, session.name),
    assumedRoleId: `${role.id}:${session.name}`,
    credentials,
    session,
    ...(packed ? { packedPolicyPercent: percent } : {}),
  }
}

async function rolesFor(
  { roles, accountId, demo }: GateDeps,
  identity: FederatedIdentity,
  sessionName: string,
  facts: RequestFacts,
): Promise<OfferedRole[]> {
  if (identity.demo && !demo) return []
  const offered: OfferedRole[] = []
  for (const role of await roles.list()) {
    const roleArn = arnOfRole(accountId, role.path, role.name)
    if (role.demo && !demo) continue
    if (!admits({ identity, role, roleArn, accountId, sessionName, facts })) continue
    offered.push({
      arn: roleArn,
      name: role.name,
      ...(role.description === undefined ? {} : { description: role.description }),
      maxSessionSeconds: role.maxSessionSeconds,
      abilities: describePolicies(findStoredPolicies(await roles.documents(role.id), 'identity') ?? []),
    })
  }
  return offered
}

function admits(question: Parameters<typeof requireTrust>[0]): boolean {
  try {
    requireTrust(question)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}
