import { bindAction } from '../aws/action.ts'
import type { QueryService } from '../aws/query-protocol.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import type { StsDeps } from './deps.ts'
import { stsFaults } from './faults.ts'
import { getCallerIdentity } from './get-caller-identity.ts'

export function createStsService(deps: StsDeps): QueryService {
  const actions = [bindAction(assumeRoleWithWebIdentity, deps), bindAction(getCallerIdentity, deps)]
  return {
    name: 'sts',
    version: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    actions: new Map(actions.map(action => [action.name, action])),
    faults: stsFaults,
  }
}
