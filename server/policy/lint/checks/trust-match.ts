import { issuerOf } from '../catalogue/issuers.ts'
import {
  type Answer,
  type CheckTable,
  eachCondition,
  eachPrincipal,
  eachStatement,
  problem,
} from '../check.ts'
import { quote } from '../text/quote.ts'
import { isAbout } from '../view/match-statement.ts'
import type {
  ConditionView,
  PolicyView,
  PrincipalName,
  PrincipalsView,
  StatementView,
} from '../view/policy-view.ts'

/** Whether what a trust policy says fits together: its actions, its principals and their claims. */
export const trustMatchChecks = {
  'trust-by-email': { level: 'warning', find: eachCondition(byEmail) },
  'trust-foreign-key': { level: 'warning', find: eachCondition(foreignKey) },
  'trust-action-principal': { level: 'warning', find: eachPrincipal(actionForOthers) },
  'trust-action-pointless': { level: 'warning', find: eachStatement(pointlessActions) },
} satisfies CheckTable

export const federatedActions = [
  'sts:AssumeRoleWithWebIdentity',
  'sts:AssumeRoleWithSAML',
  'sts:AssumeRoleWithLDAPIdentity',
]
const trustActions = [
  'sts:AssumeRole',
  'sts:TagSession',
  'sts:SetSourceIdentity',
  'sts:SetContext',
  ...federatedActions,
]

function byEmail(condition: ConditionView, statement: StatementView, { kind }: PolicyView): Answer {
  if (
    kind !== 'trust' ||
    statement.effect !== 'Allow' ||
    !/[.:][^:]*:(?:e-?mail|preferred_username)$/.test(condition.key)
  ) {
    return undefined
  }
  const message = 'An address is no identity: it can be changed, and given to somebody else.'
  return problem(condition, message, `Compare the subject: ${condition.writtenKey.replace(/[^:]*$/, 'sub')}.`)
}

/** A claim of a provider whose people the statement does not let in is never there. */
function foreignKey(condition: ConditionView, { principals }: StatementView, { kind }: PolicyView): Answer {
  const { key, operator, writtenKey } = condition
  if (kind !== 'trust' || principals === undefined || principals.negated || principals.everyone)
    return undefined
  if (
    operator.holdsWhenAbsent ||
    operator.family === 'Null' ||
    !/^(?:[^:]+\.[^:]+.*|saml|ldap):[^:]+$/.test(key)
  )
    return undefined
  const issuers = principals.names.map(({ type, text }) => (type === 'Federated' ? issuerOf(text.value) : ''))
  // A provider of no known form is told elsewhere; what it says, nobody knows.
  if (
    issuers.length === 0 ||
    issuers.some(one => one === undefined || (one !== '' && key.startsWith(`${one}:`)))
  )
    return undefined
  const message = `None of the principals here has the claim ${quote(writtenKey)}: the condition never holds.`
  return problem(condition, message, 'Compare a claim of the provider that the statement names.')
}

function actionForOthers(
  { type, text }: PrincipalName,
  principals: PrincipalsView,
  statement: StatementView,
  { kind }: PolicyView,
): Answer {
  if (kind !== 'trust' || statement.effect !== 'Allow' || principals.negated) return undefined
  const isFederated = type === 'Federated'
  const wanted = isFederated ? federatedActions : ['sts:AssumeRole']
  if (wanted.some(action => isAbout(statement, action)) || !takesRole(statement)) return undefined
  const who = isFederated ? 'Whom an identity provider vouches for takes' : 'Principals of an account take'
  const message = `${who} a role by ${isFederated ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole'} alone.`
  return problem(text, message, 'Change the action or the principal.')
}

function takesRole(statement: StatementView): boolean {
  return ['sts:AssumeRole', ...federatedActions].some(action => isAbout(statement, action))
}

function pointlessActions(statement: StatementView, { kind }: PolicyView): Answer {
  const { actions } = statement
  if (kind !== 'trust' || actions === undefined || actions.texts.length === 0) return undefined
  if (trustActions.some(action => isAbout(statement, action))) return undefined
  const message = 'None of these actions takes a role.'
  return problem(
    actions,
    message,
    'Write sts:AssumeRoleWithWebIdentity, sts:AssumeRoleWithSAML or sts:AssumeRole.',
  )
}
