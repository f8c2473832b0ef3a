import { readPolicyArn } from '../base/arn.ts'
import type { Caller, CallingUser, FederatedUserCaller, SessionCaller } from '../base/caller.ts'
import type { Session } from '../base/session.ts'
import type { PolicySet } from '../policy/decide/decide.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policy } from '../policy/policy.ts'
import { findStoredPolicies, findStoredPolicy } from '../policy/stored-policy.ts'
import type { Policies } from '../store/policies.ts'
import type { PrincipalPolicies } from '../store/principal-policies.ts'
import type { Users } from '../store/users.ts'

export type PolicySources = {
  users: Pick<Users, 'groupIds'>
  principalPolicies: Pick<PrincipalPolicies, 'documents'>
  policies: Pick<Policies, 'find' | 'findDocument'>
}

/**
 * Every policy that speaks for a caller, each in its part. Undefined when one that applies can no longer be read: it
 * may have held a Deny.
 */
export async function gatherPolicies(sources: PolicySources, caller: Caller): Promise<PolicySet | undefined> {
  switch (caller.kind) {
    case 'root':
      return { identity: [everything] }
    case 'user':
      return ofUser(sources, caller.user)
    case 'session':
      return ofRole(sources, caller)
    case 'federatedUser':
      return ofFederatedUser(sources, caller)
  }
}

/** What the account's owner may do with what is its own. */
const everything: Policy = parsePolicy(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  'identity',
)

async function ofUser(sources: PolicySources, user: CallingUser): Promise<PolicySet | undefined> {
  const groupIds = await sources.users.groupIds(user.id)
  const [identity, group, boundary] = await Promise.all([
    documentsOf(sources, [user.id]),
    documentsOf(sources, groupIds),
    boundaryOf(sources, user.boundaryId),
  ])
  if (identity === undefined || group === undefined || boundary === 'unreadable') return undefined
  return { identity, group, ...(boundary === undefined ? {} : { boundary }) }
}

async function ofRole(
  sources: PolicySources,
  { session, roleBoundaryId, accountId }: SessionCaller,
): Promise<PolicySet | undefined> {
  const [identity, boundary, narrowing] = await Promise.all([
    documentsOf(sources, [session.principalId]),
    boundaryOf(sources, roleBoundaryId),
    sessionPolicies(sources, session, accountId),
  ])
  if (identity === undefined || narrowing === undefined || boundary === 'unreadable') return undefined
  return { identity, session: narrowing, ...(boundary === undefined ? {} : { boundary }) }
}

async function ofFederatedUser(
  sources: PolicySources,
  { session, user, accountId }: FederatedUserCaller,
): Promise<PolicySet | undefined> {
  const own = user === undefined ? { identity: [everything] } : await ofUser(sources, user)
  const narrowing = await sessionPolicies(sources, session, accountId)
  return own && narrowing && { ...own, session: narrowing }
}

async function documentsOf(
  { principalPolicies }: PolicySources,
  ids: readonly string[],
): Promise<Policy[] | undefined> {
  const documents = await Promise.all(ids.map(id => principalPolicies.documents(id)))
  const policies: Policy[] = []
  for (const ofOne of documents) {
    const found = findStoredPolicies(ofOne, 'identity')
    if (found === undefined) return undefined
    policies.push(...found)
  }
  return policies
}

async function boundaryOf(
  { policies }: PolicySources,
  policyId: string | undefined,
): Promise<Policy | undefined | 'unreadable'> {
  if (policyId === undefined) return undefined
  const document = await policies.findDocument(policyId)
  return (document === undefined ? undefined : findStoredPolicy(document, 'boundary')) ?? 'unreadable'
}

/**
 * The policies that the session was narrowed by. A managed one that is gone since allows nothing, and
 * so does the whole session when it was the only one: an empty list would mean no narrowing at all.
 */
async function sessionPolicies(
  { policies }: PolicySources,
  session: Session,
  accountId: string,
): Promise<Policy[] | undefined> {
  const found: Policy[] = []
  if (session.policy !== undefined) {
    const policy = findStoredPolicy(session.policy, 'session')
    if (policy === undefined) return undefined
    found.push(policy)
  }
  for (const arn of session.policyArns) {
    const document = await findManagedDocument(policies, arn, accountId)
    const policy = document === undefined ? undefined : findStoredPolicy(document, 'identity')
    if (policy === undefined) return undefined
    found.push(policy)
  }
  return found
}

async function findManagedDocument(
  policies: PolicySources['policies'],
  text: string,
  accountId: string,
): Promise<string | undefined> {
  const named = readPolicyArn(text, accountId)
  const policy = named && (await policies.find(named.name, named.shipped))
  return policy === undefined || policy.path !== named?.path ? undefined : policies.findDocument(policy.id)
}
