import type { PrincipalElement } from '../../language/principal.ts'
import type { PolicyPrincipal } from '../../request.ts'
import { closeLists } from '../close-lists.ts'

/** Accounts for examples. */
export const exampleAccounts = ['111122223333', '444455556666', '777788889999'] as const

type AccountPrincipal = Extract<PolicyPrincipal, { accountId: string }>

/** All that statements can tell principals apart by. */
export type OutcomeOf = (principal: PolicyPrincipal) => string

/** More outcomes of somebody with several names at one provider are not gone through. */
const mostNames = 256

/**
 * Principals of every kind: those that the elements name, whoever stands behind them or in for them, and
 * somebody else. For each outcome one, at least.
 */
export function principalsFor(
  elements: readonly PrincipalElement[],
  accountId: string | undefined,
  outcomeOf: OutcomeOf,
): { principals: readonly PolicyPrincipal[]; complete: boolean } {
  const named = (type: string): string[] => [
    ...new Set(elements.flatMap(element => (element === '*' ? [] : (element[type] ?? [])))),
  ]
  const members = accountPrincipals(named('AWS'), accountId)
  const canonicalUsers = named('CanonicalUser')
  const federated = closeLists(
    [...named('Federated'), 'https://example.com'],
    providers => outcomeOf({ kind: 'federated', providers }),
    mostNames,
  )
  const services = closeLists(
    [...named('Service'), 'example.amazonaws.com'],
    names => outcomeOf({ kind: 'service', names }),
    mostNames,
  )
  return {
    principals: [
      ...members,
      ...canonicalUsers.flatMap(canonicalUser => members.map(member => ({ ...member, canonicalUser }))),
      ...[...federated.lists.values()].map(providers => ({ kind: 'federated', providers }) as const),
      ...[...services.lists.values()].map(names => ({ kind: 'service', names }) as const),
      { kind: 'anonymous' },
    ],
    complete: federated.complete && services.complete,
  }
}

type Arn = { arn: string; accountId: string; type: string; path: string }

function accountPrincipals(names: readonly string[], accountId: string | undefined): AccountPrincipal[] {
  const arns = names.flatMap(name => readArn(name) ?? [])
  const ids = names.flatMap(name => /^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1] ?? [])
  const mentioned = [
    ...ids,
    ...arns.map(arn => arn.accountId),
    ...(accountId === undefined ? [] : [accountId]),
  ]
  const somebodyElses = exampleAccounts.find(id => !mentioned.includes(id)) ?? exampleAccounts[0]
  return [
    ...arns.flatMap(arn => principalsOf(arn, arns, names)),
    ...[...new Set([...mentioned, somebodyElses])].flatMap(id => anybodyIn(id, names)),
  ]
}

/** `arn:aws:iam::111122223333:role/path/name` */
function readArn(arn: string): Arn | undefined {
  const [, accountId, type, path] = /^arn:[^:]*:(?:iam|sts)::(\d{12}):([a-z-]+)\/(.+)$/.exec(arn) ?? []
  if (accountId === undefined || type === undefined || path === undefined) return undefined
  return { arn, accountId, type, path }
}

/** Whom an ARN means: the user, or the sessions that it may be of. */
function principalsOf(
  { arn, accountId, type, path }: Arn,
  arns: readonly Arn[],
  names: readonly string[],
): AccountPrincipal[] {
  const among = (wanted: string, fits: (one: Arn) => boolean): string[] =>
    arns.filter(one => one.type === wanted && one.accountId === accountId && fits(one)).map(one => one.arn)
  switch (type) {
    case 'user': {
      const guest = free(`arn:aws:sts::${accountId}:federated-user/example`, names)
      return [
        { kind: 'user', accountId, arn },
        { kind: 'federatedUser', accountId, arn: guest, userArn: arn },
      ]
    }
    case 'role': {
      const session = free(`arn:aws:sts::${accountId}:assumed-role/${lastOf(path)}/example`, names)
      return [{ kind: 'session', accountId, arn: session, roleArn: arn }]
    }
    case 'assumed-role': {
      const [name = ''] = path.split('/')
      const roles = among('role', role => lastOf(role.path) === name)
      return [...roles, `arn:aws:iam::${accountId}:role/${name}`].map(roleArn => ({
        kind: 'session',
        accountId,
        arn,
        roleArn,
      }))
    }
    case 'federated-user': {
      const users = among('user', () => true)
      return [...users, free(`arn:aws:iam::${accountId}:user/example`, names)].map(userArn => ({
        kind: 'federatedUser',
        accountId,
        arn,
        userArn,
      }))
    }
    default:
      return []
  }
}

/** The account itself, and somebody in it whom nothing names. */
function anybodyIn(accountId: string, names: readonly string[]): AccountPrincipal[] {
  const [iam, sts] = [`arn:aws:iam::${accountId}`, `arn:aws:sts::${accountId}`]
  const userArn = free(`${iam}:user/example`, names)
  const roleArn = free(`${iam}:role/example`, names)
  const session = free(`${sts}:assumed-role/${lastOf(roleArn)}/example`, names)
  return [
    { kind: 'user', accountId, arn: userArn },
    { kind: 'root', accountId },
    { kind: 'session', accountId, arn: session, roleArn },
    { kind: 'federatedUser', accountId, arn: free(`${sts}:federated-user/example`, names), userArn },
  ]
}

/** A name that nobody has. */
function free(name: string, names: readonly string[]): string {
  return names.includes(name) ? free(`${name}-2`, names) : name
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
