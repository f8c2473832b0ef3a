/** By what names a request's sender may be meant by a policy on a resource. */
export type PolicyPrincipal = {
  accountId: string
  /** A signed caller: the ARNs of its session, its role or user. */
  aws?: readonly string[]
  /** A federated identity: its provider's names. */
  federated?: readonly string[]
  service?: readonly string[]
}

export type PrincipalMatcher = (principal: PolicyPrincipal) => boolean

/** The Principal element as it is written, after its shape was checked. */
export type PrincipalElement = '*' | Readonly<Record<string, readonly string[]>>

export const principalTypes = ['AWS', 'Federated', 'Service', 'CanonicalUser'] as const

/**
 * Principals are named in full: apart from `*` for everybody, wildcards don't act in them.
 *
 * @see AWS IAM User Guide, "AWS JSON policy elements: Principal"
 */
export function compilePrincipal(element: PrincipalElement): PrincipalMatcher {
  if (element === '*') return () => true
  const matchers: PrincipalMatcher[] = []
  for (const [type, names] of Object.entries(element)) {
    if (type === 'AWS') matchers.push(...names.map(awsMatcher))
    if (type === 'Federated') matchers.push(({ federated }) => shares(federated, names))
    if (type === 'Service') matchers.push(({ service }) => shares(service, names))
  }
  return principal => matchers.some(matches => matches(principal))
}

function awsMatcher(name: string): PrincipalMatcher {
  if (name === '*') return ({ aws }) => aws !== undefined
  // An account id, or its root's ARN, stands for everybody in the account.
  const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1]
  if (account !== undefined) return ({ aws, accountId }) => aws !== undefined && accountId === account
  return ({ aws }) => aws?.includes(name) ?? false
}

function shares(actual: readonly string[] | undefined, wanted: readonly string[]): boolean {
  return actual?.some(name => wanted.includes(name)) ?? false
}
