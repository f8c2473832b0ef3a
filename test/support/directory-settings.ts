import { readFileSync } from 'node:fs'
import { type DirectorySettings, usualFilters } from '../../server/directory/settings.ts'
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

/** What the directory's own code is told for the same. */
export function parsedSettingsOf(directory: Directory, kind: 'ad' | 'ldap'): DirectorySettings {
  return {
    urls: [directory.tlsUrl],
    kind,
    baseDn: directory.baseDn,
    groupBaseDn: directory.baseDn,
    bind: { dn: directory.bindDn, password: directory.bindPassword },
    ca: readFileSync(directory.caFile, 'utf8'),
    startTls: false,
    ...usualFilters[kind],
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
