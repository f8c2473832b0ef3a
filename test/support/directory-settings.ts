import type { Directory } from './directory.ts'

/** What a service is told, to have its people log in to this directory. */
export function settingsOf(directory: Directory, kind: 'ad' | 'ldap'): Record<string, string> {
  return {
    LDAP_URL: directory.tlsUrl,
    LDAP_KIND: kind,
    LDAP_BASE_DN: directory.baseDn,
    LDAP_BIND_DN: directory.bindDn,
    LDAP_BIND_PASSWORD: directory.bindPassword,
    LDAP_CA_FILE: directory.caFile,
  }
}

/** A trust policy that admits people of the service's directory, under the conditions that are given. */
export function trustingDirectory(accountId: string, condition?: object, name = 'directory'): object {
  return {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${accountId}:ldap-provider/${name}` },
      Action: 'sts:AssumeRoleWithLDAPIdentity',
      ...(condition === undefined ? {} : { Condition: condition }),
    },
  }
}
