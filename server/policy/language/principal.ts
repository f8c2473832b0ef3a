import type { PolicyPrincipal } from '../request.ts'

/**
 * How far a grant in a resource's policy reaches within one account, by how it names the principal.
 * `none`: it means somebody else. `delegated`: it leaves the decision to the account, whose own policies must
 * allow as well. `limited`: it grants to the role or the user behind a session, so that a boundary and session
 * policies still narrow. `direct`: nothing narrows it but an explicit deny.
 *
 * @see AWS IAM User Guide, "Policy evaluation logic", resource-based policies and implicit denies
 */
export type Reach = keyof typeof reaches

/** In rising order. */
export const reaches = { none: 0, delegated: 1, limited: 2, direct: 3 } as const

export type PrincipalMatcher = (principal: PolicyPrincipal) => Reach

/** The Principal element as it is written, after its shape was checked. */
export type PrincipalElement = '*' | Readonly<Record<string, readonly string[]>>

export const principalTypes = ['AWS', 'Federated', 'Service', 'CanonicalUser'] as const

/**
 * Principals are named in full: apart from `*` for everybody, wildcards don't act in them. `{"AWS": "*"}` lets
 * in whoever is signed in and whoever is not, but not whoever a provider or a service vouches for.
 *
 * @param denies whether it says whom to deny: then `{"AWS": "*"}` means them as well
 * @see AWS IAM User Guide, "AWS JSON policy elements: Principal"
 */
export function compilePrincipal(element: PrincipalElement, denies: boolean): PrincipalMatcher {
  if (element === '*') return () => 'direct'
  const { accounts, names } = readAwsNames(element.AWS)
  if (names.has('*') && denies) return () => 'direct'
  const [federated, services] = [new Set(element.Federated), new Set(element.Service)]
  const canonicalUsers = new Set(element.CanonicalUser)

  return principal => {
    switch (principal.kind) {
      case 'federated':
        return principal.providers.some(name => federated.has(name)) ? 'direct' : 'none'
      case 'service':
        return principal.names.some(name => services.has(name)) ? 'direct' : 'none'
      case 'anonymous':
        return names.has('*') ? 'direct' : 'none'
    }
    if (names.has('*') || namesItself(principal, names, accounts)) return 'direct'
    if (principal.kind === 'session' && names.has(principal.roleArn)) return 'limited'
    if (principal.kind === 'federatedUser' && names.has(principal.userArn)) return 'limited'
    const { accountId, canonicalUser } = principal
    const account =
      accounts.has(accountId) || (canonicalUser !== undefined && canonicalUsers.has(canonicalUser))
    return account ? 'delegated' : 'none'
  }
}

/** An account's number, or its root's ARN, stands for everybody in the account. */
function readAwsNames(written: readonly string[] = []): { accounts: Set<string>; names: Set<string> } {
  const accounts = new Set<string>()
  const names = new Set<string>()
  for (const name of written) {
    const [, number, ofRoot] = /^(?:(\d{12})|arn:aws:iam::(\d{12}):root)$/.exec(name) ?? []
    const account = number ?? ofRoot
    if (account === undefined) names.add(name)
    else accounts.add(account)
  }
  return { accounts, names }
}

type AccountPrincipal = Extract<PolicyPrincipal, { accountId: string }>

function namesItself(
  principal: AccountPrincipal,
  names: ReadonlySet<string>,
  accounts: ReadonlySet<string>,
): boolean {
  return principal.kind === 'root' ? accounts.has(principal.accountId) : names.has(principal.arn)
}
