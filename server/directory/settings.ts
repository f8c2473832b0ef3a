/** What the operator says about the directory. */
export type DirectorySettings = {
  /** `ldap://` or `ldaps://`; the first that answers is used. At least one. */
  urls: readonly string[]
  kind: 'ad' | 'ldap'
  /** Where people are; groups too, unless they have a base of their own. */
  baseDn: string
  groupBaseDn: string
  /** Whom we search as; anonymously without. */
  bind?: { dn: string; password: string } | undefined
  /** PEM, in the place of the system's certificate authorities. */
  ca?: string | undefined
  startTls: boolean
  /** With `{username}`. */
  personFilter: string
  /** With `{dn}` and `{username}`: the groups that somebody is in. */
  groupFilter: string
}

type Filters = Pick<DirectorySettings, 'personFilter' | 'groupFilter'>

/**
 * In AD the matching rule LDAP_MATCHING_RULE_IN_CHAIN walks nested groups on the server; elsewhere we walk them.
 * @see [MS-ADTS] section 3.1.1.3.4.4.3; RFC 2798 (inetOrgPerson), RFC 4519 (groups), RFC 2307 (memberUid)
 */
export const usualFilters: Record<DirectorySettings['kind'], Filters> = {
  ad: {
    personFilter:
      '(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={username})(userPrincipalName={username})(mail={username})))',
    groupFilter: '(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))',
  },
  ldap: {
    personFilter: '(&(objectClass=person)(|(uid={username})(mail={username})))',
    groupFilter: '(|(member={dn})(uniqueMember={dn})(memberUid={username}))',
  },
}
