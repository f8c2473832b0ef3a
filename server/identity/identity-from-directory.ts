import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { DirectoryPerson } from '../directory/directory.ts'
import { leadingValue } from '../directory/distinguished-name.ts'

export type DirectoryNames = { providerArn: string; providerName: string }

/** What a directory says, as the house speaks of people. Who they are is its identifier: names can be given anew. */
export function identityFromDirectory(
  person: DirectoryPerson,
  { providerArn, providerName }: DirectoryNames,
  onlyRoles: readonly string[] | undefined,
): FederatedIdentity {
  const { id, dn, username, upn, displayName, email, groups } = person
  return {
    kind: 'ldap',
    principals: [providerArn],
    provider: providerArn,
    issuer: providerArn,
    subject: id,
    audience: providerName,
    context: {
      'ldap:sub': [id],
      'ldap:aud': [providerName],
      'ldap:username': [username],
      'ldap:dn': [dn],
      ...(upn === undefined ? {} : { 'ldap:upn': [upn] }),
      'ldap:groups': groups,
      'ldap:groupnames': groups.flatMap(group => leadingValue(group) ?? []),
    },
    subjectKey: 'ldap:sub',
    audienceKey: 'ldap:aud',
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
    tags: {},
    transitiveTagKeys: [],
    ...(/^[\w+=,.@-]{2,64}$/.test(username) ? { sessionName: username } : {}),
    ...(onlyRoles === undefined ? {} : { onlyRoles }),
    demo: false,
  }
}
