import { bindAction } from '../aws/action.ts'
import type { QueryService } from '../aws/query-protocol.ts'
import { assumeRole } from './assume-role.ts'
import { assumeRoleWithLdapIdentity } from './assume-role-with-ldap-identity.ts'
import { assumeRoleWithSaml } from './assume-role-with-saml.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { decodeAuthorizationMessage } from './decode-authorization-message.ts'
import type { StsDeps } from './deps.ts'
import { stsFaults } from './faults.ts'
import { getAccessKeyInfo } from './get-access-key-info.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { getFederationToken } from './get-federation-token.ts'
import { getSessionToken } from './get-session-token.ts'
import { getWebIdentityToken } from './get-web-identity-token.ts'

export function createStsService(deps: StsDeps): QueryService {
  const actions = [
    bindAction(assumeRole, deps),
    bindAction(assumeRoleWithLdapIdentity, deps),
    bindAction(assumeRoleWithSaml, deps),
    bindAction(assumeRoleWithWebIdentity, deps),
    bindAction(decodeAuthorizationMessage, deps),
    bindAction(getAccessKeyInfo, deps),
    bindAction(getCallerIdentity, deps),
    bindAction(getFederationToken, deps),
    bindAction(getSessionToken, deps),
    bindAction(getWebIdentityToken, deps),
  ]
  return {
    name: 'sts',
    version: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    actions: new Map(actions.map(action => [action.name, action])),
    faults: stsFaults,
  }
}
