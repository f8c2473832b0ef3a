import type { Caller } from '../base/caller.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Why } from '../base/role-mapping.ts'
import type { Credentials, Session } from '../base/session.ts'
import type { Minted } from '../credentials/mint.ts'
import type { Role } from '../store/roles.ts'
import type { IdentityAlgorithm } from '../tokens/sign-identity-token.ts'
import type { MappingStory } from './given-roles.ts'

/** What the caller wishes for the session; whether they get it is the gate's to say. */
export type AskedSession = {
  /** RoleSessionName: 2-64 of `[\w+=,.@-]`. */
  name: string
  seconds: number
  /** A session policy document: narrows the role, never widens it. */
  policy?: string
  /** ARNs of managed policies that narrow alike. */
  policyArns?: readonly string[]
}

/** What a signed caller may wish for besides. */
export type AskedByCaller = AskedSession & {
  tags?: Readonly<Record<string, string>>
  transitiveTagKeys?: readonly string[]
  externalId?: string
  sourceIdentity?: string
  factor?: AskedFactor
}

/** A second factor of the calling user's. */
export type AskedFactor = { serialNumber: string; code: string }

export type AssumedRole = {
  role: Role
  roleArn: string
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` */
  arn: string
  /** `AROA...:SESSION` */
  assumedRoleId: string
  credentials: Credentials
  session: Session
  /** Whole percent of what a session token may hold; undefined without policies and tags. */
  packedPolicyPercent?: number
}

export type AskedUserSession = {
  seconds: number
  factor?: AskedFactor
}

/** `name` has 2-32 of `[\w+=,.@-]`. */
export type AskedFederation = AskedSession & { tags?: Readonly<Record<string, string>> }

export type FederatedSession = Minted & { packedPolicyPercent: number }

export type AskedIdentityToken = {
  audiences: readonly string[]
  /** 60 to 3600. */
  seconds: number
  algorithm: IdentityAlgorithm
  tags?: Readonly<Record<string, string>>
}

export type IssuedIdentityToken = { token: string; expiresAtSeconds: number }

/** A role that an identity may take, as the sign-in page shows it. */
export type OfferedRole = {
  arn: string
  name: string
  description?: string
  /** By what the provider's role mapping gives it, where there is one. */
  why?: Why
  maxSessionSeconds: number
  /** What its policies allow, in plain sentences. */
  abilities: readonly string[]
}

export type Gate = {
  /**
   * @throws {Refusal} request.invalid (no role ARN, name or duration at all) | trust.denied (also when there
   *   is no such role) | duration.overRoleMaximum | policy.malformed | policy.packedTooLarge |
   *   request.throttled | audit.unavailable
   */
  assumeRole(
    identity: FederatedIdentity,
    roleArn: string,
    asked: AskedSession,
    facts: RequestFacts,
  ): Promise<AssumedRole>

  /**
   * The same for who has signed in to the account already: the caller's own policies and the role's trust policy
   * decide together.
   *
   * @throws {Refusal} access.denied (also when there is no such role) | duration.overChainMaximum | tags.invalid, and
   *   as above
   */
  assumeRoleAs(
    caller: Caller,
    roleArn: string,
    asked: AskedByCaller,
    facts: RequestFacts,
  ): Promise<AssumedRole>

  /**
   * A user's own permissions, or the owner's, for a time.
   * @throws {Refusal} access.denied for temporary credentials | mfa.invalid | audit.unavailable
   */
  userSession(caller: Caller, asked: AskedUserSession, facts: RequestFacts): Promise<Minted>

  /**
   * What a user passes on to somebody under a name of their own.
   * @throws {Refusal} access.denied | tags.invalid | policy.* | audit.unavailable
   */
  federate(caller: Caller, asked: AskedFederation, facts: RequestFacts): Promise<FederatedSession>

  /**
   * A JWT that says elsewhere who the caller is. Only for users and roles, and where the account has it enabled.
   * @throws {Refusal} outbound.disabled | outbound.outlivesSession | access.denied | audit.unavailable
   */
  identityToken(caller: Caller, asked: AskedIdentityToken, facts: RequestFacts): Promise<IssuedIdentityToken>

  /**
   * Whether they might have the role at this moment, for whoever acts on by a session of it. Nothing is handed out, and
   * nothing is written down.
   *
   * @throws {Refusal} trust.denied (also when there is no such role)
   */
  requireAdmitted(
    identity: FederatedIdentity,
    roleArn: string,
    sessionName: string,
    facts: RequestFacts,
  ): Promise<void>

  /**
   * The roles whose trust policy admits this identity under this session name, by the roles' names; where the provider
   * has a role mapping, those that it gives, in its order.
   */
  rolesFor(identity: FederatedIdentity, sessionName: string, facts: RequestFacts): Promise<OfferedRole[]>

  /** What somebody may know of their provider's role mapping. */
  mappingFor(identity: FederatedIdentity): Promise<MappingStory>
}
