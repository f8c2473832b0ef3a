import type { Session } from './session.ts'

/** Who signed a request, after the signature was verified. */
export type Caller = RootCaller | UserCaller | SessionCaller | FederatedUserCaller

type Known = {
  accountId: string
  /** As GetCallerIdentity answers it. */
  arn: string
  /** `aws:userid` */
  userId: string
  accessKeyId: string
}

/** The installation's owner: may do everything. With a session when it is GetSessionToken's. */
export type RootCaller = Known & { kind: 'root'; session?: Session }

/** An IAM user, by an access key of their own or by GetSessionToken's. */
export type UserCaller = Known & { kind: 'user'; user: CallingUser; session?: Session }

export type CallingUser = {
  /** `AIDA...` */
  id: string
  name: string
  arn: string
  tags: Readonly<Record<string, string>>
  boundaryId?: string
}

/** Temporary credentials of a role. */
export type SessionCaller = Known & {
  kind: 'session'
  session: Session
  /** `aws:PrincipalArn` is the role's own ARN, path and all. */
  roleArn: string
  /** The role's own tags: `aws:PrincipalTag`, where the session has no tag of that key. */
  roleTags: Readonly<Record<string, string>>
  roleBoundaryId?: string
}

/** GetFederationToken's credentials: no more than both the user and the session's policies allow. */
export type FederatedUserCaller = Known & {
  kind: 'federatedUser'
  session: Session
  /** Who asked for them; the account's owner when there is none. */
  user?: CallingUser
}
