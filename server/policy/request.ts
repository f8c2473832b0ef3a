/** Condition keys in lower case to their values. An absent key is an absent entry. */
export type Context = ReadonlyMap<string, readonly string[]>

/** One request, as policies see it. */
export type PolicyRequest = {
  principal: PolicyPrincipal
  /** `service:Name`, in any case. */
  action: string
  /** An ARN, or `*` where an action has none. */
  resource: string
  /** Whose the resource is: 12 digits. Without it, the principal's own account. */
  resourceAccountId?: string
  context: Context
}

/**
 * Who sends a request, by every name that a policy on a resource may mean them by.
 * @see AWS IAM User Guide, "AWS JSON policy elements: Principal"
 */
export type PolicyPrincipal =
  /** The account itself. */
  | { kind: 'root'; accountId: string; canonicalUser?: string }
  | { kind: 'user'; accountId: string; arn: string; canonicalUser?: string }
  /** A role's session: `arn` is `...:assumed-role/ROLE/SESSION`. */
  | { kind: 'session'; accountId: string; arn: string; roleArn: string; canonicalUser?: string }
  /** A session of GetFederationToken: `arn` is `...:federated-user/NAME`, `userArn` the user who asked for it. */
  | { kind: 'federatedUser'; accountId: string; arn: string; userArn: string; canonicalUser?: string }
  /** Somebody whom an identity provider vouches for, by the provider's names. Not signed in to any account. */
  | { kind: 'federated'; providers: readonly string[] }
  | { kind: 'service'; names: readonly string[] }
  | { kind: 'anonymous' }

/** Undefined for whoever belongs to no account. */
export function accountOf(principal: PolicyPrincipal): string | undefined {
  return 'accountId' in principal ? principal.accountId : undefined
}
