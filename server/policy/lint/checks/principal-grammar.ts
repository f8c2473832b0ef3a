import { principalTypes } from '../../language/principal.ts'
import { namesPrincipals } from '../../policy.ts'
import {
  type Answer,
  type CheckTable,
  eachPrincipal,
  eachStatement,
  inStatements,
  type Problem,
  problem,
} from '../check.ts'
import { type JsonMember, memberOf } from '../text/json-node.ts'
import { didYouMean, nearest } from '../text/nearest.ts'
import { quote } from '../text/quote.ts'
import type { PolicyView, PrincipalName, StatementView } from '../view/policy-view.ts'
import { elementOf } from '../view/view-policy.ts'

/** @see AWS IAM User Guide, "AWS JSON policy elements: Principal" */
export const principalGrammarChecks = {
  'principal-missing': { level: 'error', find: eachStatement(missingPrincipal) },
  'principal-prohibited': { level: 'error', find: eachStatement(prohibitedPrincipal) },
  'principal-form': { level: 'error', find: eachStatement(principalForm) },
  'allow-not-principal': { level: 'error', find: eachStatement(allowNotPrincipal) },
  'trust-not-principal': { level: 'error', find: eachStatement(trustNotPrincipal) },
  'principal-empty': { level: 'error', find: eachStatement(emptyPrincipal) },
  'principal-type': { level: 'error', find: inStatements(unknownTypes) },
  'principal-wildcard': { level: 'error', find: eachPrincipal(wildcard) },
} satisfies CheckTable

function missingPrincipal({ node }: StatementView, { kind }: PolicyView): Answer {
  if (!namesPrincipals(kind) || elementOf(node, 'Principal') !== undefined) return undefined
  const message = 'The statement does not say whom it is for.'
  return problem(node, message, 'Add a Principal.')
}

function prohibitedPrincipal({ node }: StatementView, { kind }: PolicyView): Answer {
  const found = namesPrincipals(kind) ? undefined : elementOf(node, 'Principal')
  if (found === undefined) return undefined
  const message = 'A policy of this kind names nobody: it is for whoever it is attached to.'
  return problem(found.member, message, 'Take it out, or put the statement into the policy of the resource.')
}

function principalForm(statement: StatementView, { kind }: PolicyView): Answer {
  const member = principalOf(statement, kind)
  if (member === undefined || member.value.type === 'object') return undefined
  if (member.value.type === 'text' && member.value.value === '*') return undefined
  const message = `${member.name} must be "*" or an object.`
  return problem(member.value, message, `Write it like {"AWS": "123456789012"}.`)
}

function allowNotPrincipal({ effect, node }: StatementView, { kind }: PolicyView): Answer {
  const member = kind === 'resource' ? memberOf(node, 'NotPrincipal') : undefined
  if (effect !== 'Allow' || member === undefined) return undefined
  const message = 'An Allow with NotPrincipal would be for everybody else there is.'
  return problem(member, message, 'Name whom it is for in Principal, and deny whom it is not for.')
}

function trustNotPrincipal({ node }: StatementView, { kind }: PolicyView): Answer {
  const member = kind === 'trust' ? memberOf(node, 'NotPrincipal') : undefined
  if (member === undefined) return undefined
  return problem(member, 'A trust policy has no NotPrincipal.', 'Name who may take the role in Principal.')
}

function emptyPrincipal(statement: StatementView, { kind }: PolicyView): Answer {
  const value = principalOf(statement, kind)?.value
  if (value?.type !== 'object' || value.members.length > 0) return undefined
  return problem(value, 'Nobody is named here.', `Name a principal: ${principalTypes.join(', ')}.`)
}

function* unknownTypes(statement: StatementView, { kind }: PolicyView): Iterable<Problem> {
  const value = principalOf(statement, kind)?.value
  if (value?.type !== 'object') return
  for (const member of value.members) {
    if (principalTypes.some(type => type === member.name)) continue
    const meant = didYouMean(nearest(member.name, principalTypes))
    const message = `${quote(member.name)} is not a type of principal.${meant}`
    yield problem(member, message, `Use one of ${principalTypes.join(', ')}.`)
  }
}

/** Taken for text, a wildcard would match nobody. */
function wildcard({ type, text }: PrincipalName): Answer {
  if (!/[*?]/.test(text.value) || (type === 'AWS' && text.value === '*')) return undefined
  const message = 'Wildcards do not act in the name of a principal.'
  const fix = 'Name each of them, or let a condition on aws:PrincipalArn choose among everybody.'
  return problem(text, message, fix)
}

function principalOf({ node }: StatementView, kind: PolicyView['kind']): JsonMember | undefined {
  return namesPrincipals(kind) ? elementOf(node, 'Principal')?.member : undefined
}
