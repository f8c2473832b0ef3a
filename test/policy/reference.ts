/**
 * The policy language a second time, written from AWS's documentation and docs/policy-language.md alone: no
 * index, nothing compiled, every statement looked at in full. Slow and plain, to hold the engine to.
 */
import type { PolicyPart } from '../../server/policy/decide/decide.ts'
import type { PolicyPrincipal, PolicyRequest } from '../../server/policy/request.ts'
import { compareAs, isMissing, matchesResource, matchesText, type Reading } from './reference-values.ts'
import type { Documents, PolicyDocument, Statement } from './vectors.ts'

export type Judgement = { outcome: 'allowed' | 'explicitlyDenied' | 'implicitlyDenied'; missing?: PolicyPart }

const allowed: Judgement = { outcome: 'allowed' }
const lacking = (missing: PolicyPart): Judgement => ({ outcome: 'implicitlyDenied', missing })

/** AWS IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic", step by step. */
export function judge(documents: Documents, request: PolicyRequest): Judgement {
  const { identity = [], group = [], boundary, session = [], resource = documents.trust, trust } = documents
  const own = [...identity, ...group]
  const all = [...own, ...(boundary ? [boundary] : []), ...session, ...(resource ? [resource] : [])]
  const bounded = boundary !== undefined
  if (all.some(document => applying(document, 'Deny', request, bounded).length > 0)) {
    return { outcome: 'explicitlyDenied' }
  }

  const { principal } = request
  const account = 'accountId' in principal ? principal.accountId : undefined
  const isForeign = account !== undefined && account !== (request.resourceAccountId ?? account)
  const grants = resource === undefined ? [] : applying(resource, 'Allow', request)
  const narrowed = (): Judgement => {
    if (boundary && applying(boundary, 'Allow', request).length === 0) return lacking('boundary')
    const passes = session.some(document => applying(document, 'Allow', request).length > 0)
    // GetFederationToken: without session policies, a federated user has no permissions of the user's.
    const mustPass = session.length > 0 || principal.kind === 'federatedUser'
    return mustPass && !passes ? lacking('session') : allowed
  }
  // Trust policies are the exception: they must name whoever takes the role.
  const mustGrant = account === undefined || isForeign || trust !== undefined
  if (mustGrant && grants.length === 0) return lacking('resource')
  if (!isForeign) {
    const namings = grants.map(statement => names(statement.Principal, principal))
    if (namings.includes('itself')) return allowed
    if (namings.includes('behind')) return narrowed()
  }
  if (principal.kind === 'root') return narrowed()
  if (!own.some(document => applying(document, 'Allow', request).length > 0)) return lacking('identity')
  return narrowed()
}

/** The statements of a document that apply to a request. */
function applying(
  document: PolicyDocument,
  effect: string,
  request: PolicyRequest,
  bounded = false,
): Statement[] {
  const variables = document.Version === '2012-10-17'
  const read: Reading = { variables, context: request.context }
  return [document.Statement].flat().filter(statement => {
    if (statement.Effect !== effect) return false
    if (!meansPrincipal(statement, request.principal, bounded)) return false
    return (
      meansAction(statement, request.action) &&
      meansResource(statement, request, read) &&
      holds(statement, read)
    )
  })
}

/** `behind`: the statement names the role or the user behind a session. `account`: the account that it is of. */
type Naming = 'itself' | 'behind' | 'account' | undefined

function meansPrincipal(statement: Statement, principal: PolicyPrincipal, bounded: boolean): boolean {
  if (statement.NotPrincipal === undefined) {
    if (statement.Effect === 'Deny' && isEverybody(statement.Principal)) return true
    return statement.Principal === undefined || names(statement.Principal, principal) !== undefined
  }
  // "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a boundary."
  return bounded || names(statement.NotPrincipal, principal) === undefined
}

/** With a Deny, `{"AWS": "*"}` means those as well whom a provider or a service vouches for. */
function isEverybody(element: unknown): boolean {
  return list(Object(element).AWS).includes('*')
}

function names(element: unknown, principal: PolicyPrincipal): Naming {
  if (element === '*') return 'itself'
  const map = element as Record<string, unknown>
  const listed = (type: string, name: string) => list(map[type]).includes(name)
  if (principal.kind === 'federated') {
    return principal.providers.some(name => listed('Federated', name)) ? 'itself' : undefined
  }
  if (principal.kind === 'service') {
    return principal.names.some(name => listed('Service', name)) ? 'itself' : undefined
  }
  if (listed('AWS', '*')) return 'itself'
  if (principal.kind === 'anonymous') return undefined
  const { accountId, canonicalUser } = principal
  const root = `arn:aws:iam::${accountId}:root`
  const namesAccount = listed('AWS', accountId) || listed('AWS', root)
  if (principal.kind === 'root') {
    if (namesAccount) return 'itself'
  } else {
    if (listed('AWS', principal.arn)) return 'itself'
    const behind =
      principal.kind === 'session' ? principal.roleArn : 'userArn' in principal && principal.userArn
    if (behind && behind !== root && listed('AWS', behind)) return 'behind'
  }
  const namesOwner = canonicalUser !== undefined && listed('CanonicalUser', canonicalUser)
  return namesAccount || namesOwner ? 'account' : undefined
}

function meansAction({ Action, NotAction }: Statement, action: string): boolean {
  const fits = (pattern: string) =>
    matchesText(pattern.toLowerCase(), action.toLowerCase(), true, { variables: false, context: new Map() })
  return NotAction === undefined ? list(Action).some(fits) : !list(NotAction).some(fits)
}

function meansResource(
  { Effect, Resource, NotResource }: Statement,
  { resource }: PolicyRequest,
  read: Reading,
): boolean {
  const fits = (pattern: string) => matchesResource(pattern, resource, read)
  if (Resource === undefined && NotResource === undefined) return true
  if (NotResource === undefined) return list(Resource).some(fits)
  if (Effect === 'Allow' && list(NotResource).some(pattern => isMissing(pattern, true, read))) return false
  return !list(NotResource).some(fits)
}

function holds({ Effect, Condition = {} }: Statement, read: Reading): boolean {
  return Object.entries(Condition as Record<string, Record<string, unknown>>).every(([operator, block]) =>
    Object.entries(block).every(([key, wanted]) => compares(operator, key, list(wanted), Effect, read)),
  )
}

/** AWS IAM User Guide, "Condition operators" and "Conditions with multiple context keys or values". */
function compares(
  operator: string,
  key: string,
  wanted: readonly string[],
  effect: unknown,
  read: Reading,
): boolean {
  const values = read.context.get(key.toLowerCase()) ?? []
  const isAbsent = values.length === 0
  if (operator === 'Null') return wanted.some(value => (value.toLowerCase() === 'true') === isAbsent)

  const set = operator.includes(':') ? operator.split(':')[0] : undefined
  const ifExists = operator.endsWith('IfExists')
  const name = operator.replace(/^.*:/, '').replace(/IfExists$/, '')
  const negated = name.includes('Not')
  const base = name.replace('Not', '')
  if (isAbsent && ifExists) return true
  const isArn = base.startsWith('Arn')
  const rests = negated && effect === 'Allow' && (isArn || base.startsWith('String'))
  if (rests && wanted.some(value => isMissing(value, isArn, read))) return false
  if (isAbsent) return set === undefined ? negated : set === 'ForAllValues'

  const fits = (actual: string) => wanted.some(value => compareAs(base, actual, value, read)) !== negated
  const every = set === 'ForAllValues' || (set === undefined && negated)
  return every ? values.every(fits) : values.some(fits)
}

function list(value: unknown): string[] {
  return value === undefined ? [] : [value].flat().map(String)
}
