import { findIssuer, isPersonal, issuerOf } from '../catalogue/issuers.ts'
import { type Answer, type CheckTable, eachPrincipal, eachStatement, eachValue, problem } from '../check.ts'
import { quote } from '../text/quote.ts'
import { isAbout, narrows } from '../view/match-statement.ts'
import type {
  ConditionView,
  PolicyView,
  PrincipalName,
  StatementView,
  ValueView,
} from '../view/policy-view.ts'
import { saysWho } from './principals.ts'
import { federatedActions } from './trust-match.ts'

/**
 * Whom a role lets in.
 * @see AWS IAM User Guide, "Identity-provider controls for shared OIDC providers"
 */
export const trustChecks = {
  'trust-everyone': { level: 'security', find: eachStatement(everyone) },
  'trust-no-audience': { level: 'security', find: eachProvider(noAudience) },
  'trust-no-subject': { level: 'security', find: eachProvider(noSubject) },
  'trust-subject-wide': { level: 'security', find: eachValue(wideSubject) },
  'trust-guests': { level: 'security', find: eachProvider(guests) },
  'trust-whole-issuer': { level: 'suggestion', find: eachProvider(wholeIssuer) },
} satisfies CheckTable

/** Asks about each provider whose people an Allow of a trust policy lets in. */
function eachProvider(ask: (issuer: string, name: PrincipalName, statement: StatementView) => Answer) {
  return eachPrincipal((name, principals, statement, { kind }) => {
    if (kind !== 'trust' || statement.effect !== 'Allow' || principals.negated || name.type !== 'Federated')
      return undefined
    const issuer = issuerOf(name.text.value)
    if (issuer === undefined || !federatedActions.some(action => isAbout(statement, action))) return undefined
    return ask(issuer, name, statement)
  })
}

/** Conditions that let in only some of the issuer's people, by the claim that they are about. */
function pinsOf(issuer: string, statement: StatementView): { claim: string; condition: ConditionView }[] {
  return statement.conditions.flatMap(condition => {
    const claim = claimOf(condition, issuer)
    return claim !== undefined && narrows(condition, statement) ? [{ claim, condition }] : []
  })
}

function claimOf({ key }: ConditionView, issuer: string): string | undefined {
  return key.startsWith(`${issuer}:`) ? key.slice(issuer.length + 1) : undefined
}

function everyone(statement: StatementView, { kind }: PolicyView): Answer {
  const { effect, principals } = statement
  const place = principals?.everyone
  if (kind !== 'trust' || effect !== 'Allow' || place === undefined || principals?.negated) return undefined
  if (saysWho(statement)) return undefined
  return problem(place, 'Everybody may take this role.', 'Name whom the role is for.')
}

function noAudience(issuer: string, { text }: PrincipalName, statement: StatementView): Answer {
  const audience = findIssuer(issuer)?.audience
  if (audience === undefined) return undefined
  if (pinsOf(issuer, statement).some(({ claim }) => audience.includes(claim))) return undefined
  const message = `Nothing says for which application ${issuer} must have made the token: one made for another will do.`
  return problem(text, message, `Add a condition StringEquals on ${issuer}:${audience[0]}.`)
}

function noSubject(issuer: string, { text }: PrincipalName, statement: StatementView): Answer {
  if (!findIssuer(issuer)?.shared || pinsWho(issuer, statement)) return undefined
  const message = `Anybody whom ${issuer} vouches for may take this role, and that is everybody who asks it to.`
  const key = issuer === 'graph.facebook.com' ? 'id' : issuer === 'www.amazon.com' ? 'user_id' : 'sub'
  return problem(text, message, `Add a condition on ${issuer}:${key}.`)
}

/** Also by tags, which are the issuer's own word about a person, and by who it is whichever way they came in. */
function pinsWho(issuer: string, statement: StatementView): boolean {
  return (
    pinsOf(issuer, statement).some(({ claim }) => isPersonal(claim)) ||
    statement.conditions.some(
      one =>
        (one.key.startsWith('aws:requesttag/') || one.key === 'rolecall:person') && narrows(one, statement),
    )
  )
}

/** One whose owner is left open lets in everybody who takes a name that fits. */
function wideSubject(
  { value, ...place }: ValueView,
  condition: ConditionView,
  statement: StatementView,
  { kind }: PolicyView,
): Answer {
  if (kind !== 'trust' || statement.effect !== 'Allow' || !narrows(condition, statement)) return undefined
  const colon = condition.key.lastIndexOf(':')
  const { owner, example } = findIssuer(condition.key.slice(0, colon)) ?? {}
  if (
    owner === undefined ||
    condition.key.slice(colon + 1) !== 'sub' ||
    condition.operator.name !== 'StringLike'
  ) {
    return undefined
  }
  const fixed = value.split(/[*?]/, 1)[0] ?? ''
  if (fixed === value || owner.test(fixed)) return undefined
  const message = `${quote(value)} leaves open whose it is: a stranger can choose a name that fits.`
  return problem(place, message, `Write the owner whole, such as ${example}.`)
}

function guests(issuer: string, { text }: PrincipalName, statement: StatementView): Answer {
  if (issuer !== 'cognito-identity.amazonaws.com') return undefined
  if (pinsOf(issuer, statement).some(({ claim }) => claim === 'amr' || claim === 'sub')) return undefined
  const message = 'Guests of the identity pool, who are anybody, may take this role too.'
  const fix =
    'Add a condition ForAnyValue:StringLike on cognito-identity.amazonaws.com:amr: authenticated, or unauthenticated.'
  return problem(text, message, fix)
}

function wholeIssuer(issuer: string, { text }: PrincipalName, statement: StatementView): Answer {
  if (
    findIssuer(issuer)?.shared ||
    issuer === 'cognito-identity.amazonaws.com' ||
    pinsWho(issuer, statement)
  ) {
    return undefined
  }
  const message = `Everybody of ${issuer === 'saml' || issuer === 'ldap' ? 'this provider' : issuer} may take this role.`
  return problem(
    text,
    message,
    'If it is for some of them, add a condition on their claims, such as sub or groups.',
  )
}
