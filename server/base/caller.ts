import type { Session } from './session.ts'

/** Who signed a request, after the signature was verified. */
export type Caller = RootCaller | SessionCaller

type Known = {
  accountId: string
  /** As GetCallerIdentity answers it. */
  arn: string
  /** `aws:userid` */
  userId: string
  accessKeyId: string
}

/** The installation's owner: may do everything. */
export type RootCaller = Known & { kind: 'root' }

/** Temporary credentials of a role. */
export type SessionCaller = Known & {
  kind: 'session'
  session: Session
  /** `aws:PrincipalArn` is the role's own ARN, path and all. */
  roleArn: string
  /** The role's own tags: `aws:PrincipalTag`, where the session has no tag of that key. */
  roleTags: Readonly<Record<string, string>>
}
