import { roleArn as arnOfRole, personArn } from '../base/arn.ts'
import { toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { MfaVerifier } from '../credentials/verify-mfa.ts'
import { createRateLimit } from '../http/rate-limit.ts'
import { poolPrincipal } from '../identity/pool-logins.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { People } from '../store/people.ts'
import type { Policies } from '../store/policies.ts'
import type { PrincipalPolicies } from '../store/principal-policies.ts'
import type { RoleMappings } from '../store/role-mappings.ts'
import type { Role, Roles } from '../store/roles.ts'
import type { SamlProviders } from '../store/saml-providers.ts'
import { assumeRoleAs } from './assume-role-as.ts'
import type { AskedSession, AssumedRole, Gate } from './gate.ts'
import { type MappedIdentity, tellMapping, withGivenRoles } from './given-roles.ts'
import { type IdentityTokenDeps, issueIdentityToken } from './issue-identity-token.ts'
import { issueRoleSession } from './issue-role-session.ts'
import { offerRoles } from './offer-roles.ts'
import { findRole, requireSane, requireSessionPolicies } from './session-request.ts'
import { isStillVouchedFor } from './still-vouched-for.ts'
import { assumingAction, requireTrust } from './trust.ts'
import { issueFederatedSession, issueUserSession } from './user-sessions.ts'

export type GateDeps = IdentityTokenDeps & {
  people: Pick<People, 'find'>
  samlProviders: Pick<SamlProviders, 'find'>
  roleMappings: Pick<RoleMappings, 'find'>
  roles: Pick<Roles, 'find' | 'list'>
  principalPolicies: Pick<PrincipalPolicies, 'documents'>
  policies: Pick<Policies, 'find'>
  mfa: MfaVerifier
  keyring: Keyring
  accountId: string
  /** Whether what the demo made still counts. */
  demo: boolean
}

/** How often one person may be given credentials: each leaves a row in the audit log for good. */
const perPerson = { burst: 1_000, perSecond: 20 }

export function createGate(deps: GateDeps): Gate {
  const limit = createRateLimit(perPerson, deps.clock)
  return {
    async assumeRole(vouchedFor, roleArn, asked, facts) {
      let identity: MappedIdentity = vouchedFor
      try {
        limit.requireToken(`${identity.issuer} ${identity.subject}`)
        identity = await whoItIs(deps, vouchedFor)
        return await assume(deps, identity, roleArn, asked, facts)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        throw error.concerning({ ...personOf(identity), resource: roleArn })
      }
    },
    assumeRoleAs: (caller, roleArn, asked, facts) => assumeRoleAs(deps, caller, roleArn, asked, facts),
    userSession: (caller, asked, facts) => issueUserSession(deps, caller, asked, facts),
    federate: (caller, asked, facts) => issueFederatedSession(deps, caller, asked, facts),
    identityToken: (caller, asked, facts) => issueIdentityToken(deps, caller, asked, facts),
    requireAdmitted: async (identity, roleArn, sessionName, facts) =>
      void (await requireAdmitted(deps, await whoItIs(deps, identity), roleArn, sessionName, facts)),
    rolesFor: async (identity, sessionName, facts) =>
      (await mayHaveRoles(deps, identity))
        ? offerRoles(deps, await whoItIs(deps, identity), sessionName, facts)
        : [],
    mappingFor: async identity =>
      tellMapping(identity, (await mayHaveRoles(deps, identity)) ? deps.roleMappings : undefined),
  }
}

/** What the account knows of them, beside what their provider says. */
async function whoItIs(deps: GateDeps, vouchedFor: FederatedIdentity): Promise<MappedIdentity> {
  return withGivenRoles(await withPerson(deps, vouchedFor), deps.roleMappings)
}

/**
 * Who it is whichever way they came in: looked up here, so that no door can forget it, and every time, so that a way
 * that was unlinked is theirs no longer.
 */
async function withPerson(
  { people, accountId }: GateDeps,
  { personId: _, ...identity }: FederatedIdentity,
): Promise<FederatedIdentity> {
  // A guest is another one each time, and a pool's identities don't sign in here: there is nobody to look for.
  const isNobody = identity.kind === 'guest' || identity.provider === poolPrincipal
  const person = isNobody ? undefined : await people.find(identity)
  if (person === undefined) return identity
  return {
    ...identity,
    personId: person.id,
    principals: [...identity.principals, personArn(accountId, person.id)],
  }
}

function personOf({ issuer, subject, personId }: FederatedIdentity) {
  return { issuer, subject, ...(personId === undefined ? {} : { personId }) }
}

function provenBefore(
  { provenAtSeconds: proven, sessionEndsAtSeconds, narrowedTo }: FederatedIdentity,
  nowSeconds: number,
) {
  // What is theirs for a time is so along a chain of roles too, which could go round for longer.
  const endsAtSeconds = narrowedTo === undefined ? sessionEndsAtSeconds : nowSeconds + narrowedTo.seconds
  return {
    ...(proven === undefined || proven >= nowSeconds ? {} : { provenAtSeconds: proven }),
    ...(endsAtSeconds === undefined ? {} : { endsAtSeconds }),
  }
}

async function assume(
  deps: GateDeps,
  identity: MappedIdentity,
  text: string,
  asked: AskedSession,
  facts: RequestFacts,
): Promise<AssumedRole> {
  const { accountId, clock } = deps
  requireSane(asked)
  const held = holdTo(identity, asked)
  const role = await requireAdmitted(deps, identity, text, asked.name, facts)
  if (asked.seconds > role.maxSessionSeconds) throw new Refusal('duration.overRoleMaximum')
  await requireSessionPolicies(held, accountId, deps.policies)
  return issueRoleSession(deps, role, sessionFor(identity, role, held, toSeconds(clock())), {
    event: assumingAction(identity),
    facts,
  })
}

/** All that decides whether somebody may have a role at all, and nothing of how long. */
async function requireAdmitted(
  deps: GateDeps,
  identity: MappedIdentity,
  text: string,
  sessionName: string,
  facts: RequestFacts,
): Promise<Role> {
  const { accountId } = deps
  const role = await requireRole(deps, identity, text)
  // From here on in its one spelling, whatever the caller wrote.
  const roleArn = arnOfRole(accountId, role.path, role.name)
  requireLive(identity, deps)
  if (!(await isStillVouchedFor(identity, deps)))
    throw denied(identity, 'the provider is gone that vouched for them')
  requireTrust({ identity, role, roleArn, accountId, sessionName, facts })
  return role
}

/** Of several session policies each widens what the others leave: beside the one that is the identity's own there is none. */
function holdTo({ narrowedTo }: FederatedIdentity, asked: AskedSession): AskedSession {
  if (narrowedTo === undefined) return asked
  if (asked.seconds > narrowedTo.seconds) throw new Refusal('duration.overRoleMaximum')
  if (narrowedTo.policy === undefined) return asked
  if (asked.policy !== undefined || (asked.policyArns ?? []).length > 0) {
    throw new Refusal('request.invalid', { said: { message: 'The session has a policy of its own' } })
  }
  return { ...asked, policy: narrowedTo.policy }
}

/** A role that is not there, or not this proof's, is refused in the words of one that does not trust the caller. */
async function requireRole(deps: GateDeps, identity: MappedIdentity, text: string): Promise<Role> {
  const role = await findRole(deps, text)
  if (role === undefined) throw denied(identity, `there is no role ${text}`)
  const arn = arnOfRole(deps.accountId, role.path, role.name)
  const { given, onlyRoles, provider } = identity
  if (given?.some(({ roleArn }) => roleArn === arn) === false)
    throw denied(identity, `the role mapping of ${provider} does not give them ${arn}`)
  if (onlyRoles?.includes(arn) === false) throw denied(identity, `the proof is not for ${arn}`)
  return role
}

function requireLive(identity: FederatedIdentity, { demo, clock }: GateDeps): void {
  if (identity.demo && !demo) throw denied(identity, 'a demo identity while the demo is off')
  const { sessionEndsAtSeconds: end } = identity
  if (end !== undefined && end <= toSeconds(clock())) throw denied(identity, "the provider's session is over")
}

function denied(identity: FederatedIdentity, detail: string): Refusal {
  return new Refusal('trust.denied', { detail, said: { action: `sts:${assumingAction(identity)}` } })
}

function sessionFor(identity: FederatedIdentity, role: Role, asked: AskedSession, nowSeconds: number) {
  return {
    kind: 'role' as const,
    principalId: role.id,
    name: asked.name,
    person: { ...personOf(identity), ...provenBefore(identity, nowSeconds) },
    proof: {
      provider: identity.provider,
      audience: identity.audience,
      subjectKey: identity.subjectKey,
      audienceKey: identity.audienceKey,
    },
    issuedAtSeconds: nowSeconds,
    expiresAtSeconds: Math.min(
      nowSeconds + asked.seconds,
      nowSeconds + (identity.sessionSeconds ?? asked.seconds),
      identity.sessionEndsAtSeconds ?? Number.POSITIVE_INFINITY,
    ),
    ancestors: [],
    tags: identity.tags,
    transitiveTagKeys: identity.transitiveTagKeys,
    policyArns: asked.policyArns ?? [],
    ...(asked.policy === undefined ? {} : { policy: asked.policy }),
    ...(identity.sourceIdentity === undefined ? {} : { sourceIdentity: identity.sourceIdentity }),
    ...(identity.mfaAtSeconds === undefined ? {} : { mfaAtSeconds: identity.mfaAtSeconds }),
    demo: identity.demo,
  }
}

async function mayHaveRoles(deps: GateDeps, identity: FederatedIdentity): Promise<boolean> {
  return (!identity.demo || deps.demo) && (await isStillVouchedFor(identity, deps))
}
