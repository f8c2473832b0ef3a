import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Credentials, Session } from '../base/session.ts'
import type { Role } from '../store/roles.ts'

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

/** A role that an identity may take, as the sign-in page shows it. */
export type OfferedRole = {
  arn: string
  name: string
  description?: string
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

  /** The roles whose trust policy admits this identity under this session name, by the roles' names. */
  rolesFor(identity: FederatedIdentity, sessionName: string, facts: RequestFacts): Promise<OfferedRole[]>
}
