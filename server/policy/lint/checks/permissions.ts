import { type Answer, type CheckTable, eachStatement, inStatements, type Problem, problem } from '../check.ts'
import type { JsonText } from '../text/json-node.ts'
import { quote } from '../text/quote.ts'
import { isAbout, isAboutEvery, narrows, textsAbout } from '../view/match-statement.ts'
import type { PolicyView, StatementView } from '../view/policy-view.ts'

/** What an identity is allowed that is more than most should be. */
export const permissionChecks = {
  'allow-everything': { level: 'security', find: eachStatement(everything) },
  'allow-not-action': { level: 'security', find: eachStatement(notAction) },
  'allow-not-resource': { level: 'security', find: eachStatement(notResource) },
  'pass-every-role': { level: 'security', find: eachStatement(passEveryRole) },
  'assume-every-role': { level: 'security', find: eachStatement(assumeEveryRole) },
  'read-every-secret': { level: 'security', find: eachStatement(readEverySecret) },
  'privilege-escalation': { level: 'security', find: inStatements(escalations) },
} satisfies CheckTable

/**
 * Actions by which one can come to more than one has, and what they must be about for that.
 * @see AWS IAM User Guide, "Security best practices in IAM", least privilege
 */
const escalating: Readonly<Record<string, string>> = {
  'iam:CreatePolicyVersion': 'policy/*',
  'iam:SetDefaultPolicyVersion': 'policy/*',
  'iam:AttachUserPolicy': 'user/*',
  'iam:AttachGroupPolicy': 'group/*',
  'iam:AttachRolePolicy': 'role/*',
  'iam:PutUserPolicy': 'user/*',
  'iam:PutGroupPolicy': 'group/*',
  'iam:PutRolePolicy': 'role/*',
  'iam:PutUserPermissionsBoundary': 'user/*',
  'iam:PutRolePermissionsBoundary': 'role/*',
  'iam:DeleteUserPermissionsBoundary': 'user/*',
  'iam:DeleteRolePermissionsBoundary': 'role/*',
  'iam:DeleteUserPolicy': 'user/*',
  'iam:DeleteRolePolicy': 'role/*',
  'iam:DetachUserPolicy': 'user/*',
  'iam:DetachRolePolicy': 'role/*',
  'iam:UpdateAssumeRolePolicy': 'role/*',
  'iam:AddUserToGroup': 'group/*',
  'iam:CreateAccessKey': 'user/*',
  'iam:CreateLoginProfile': 'user/*',
  'iam:UpdateLoginProfile': 'user/*',
  'iam:CreateOpenIDConnectProvider': 'oidc-provider/*',
  'iam:AddClientIDToOpenIDConnectProvider': 'oidc-provider/*',
  'iam:UpdateOpenIDConnectProviderThumbprint': 'oidc-provider/*',
  'iam:CreateSAMLProvider': 'saml-provider/*',
  'iam:UpdateSAMLProvider': 'saml-provider/*',
}

/** What narrows a role's session or its boundary says less of what is really allowed. */
function grants({ effect, actions }: StatementView, { kind }: PolicyView): boolean {
  return effect === 'Allow' && kind === 'identity' && actions !== undefined
}

function isEverything(statement: StatementView, policy: PolicyView): boolean {
  const { actions, resources } = statement
  if (actions?.negated || resources?.negated) return false
  return (
    (actions?.texts ?? []).some(({ value }) => value === '*') && isAboutEvery(statement, '*', '*', policy)
  )
}

function everything(statement: StatementView, policy: PolicyView): Answer {
  if (!grants(statement, policy) || !isEverything(statement, policy)) return undefined
  const message = 'Whoever has this policy may do everything there is.'
  return problem(statement, message, 'Name the actions and the resources that are needed.')
}

/** The narrower checks would say again what is clear already. */
function grantsSome(statement: StatementView, policy: PolicyView): boolean {
  return grants(statement, policy) && !isEverything(statement, policy)
}

function notAction(statement: StatementView, policy: PolicyView): Answer {
  const { effect, actions } = statement
  const { kind } = policy
  if (effect !== 'Allow' || !actions?.negated || (kind !== 'identity' && kind !== 'resource'))
    return undefined
  if (!isAboutEvery(statement, '*', '*', policy)) return undefined
  const message = 'This allows every action there is but those, also those that are yet to come.'
  return problem(actions, message, 'Name the actions that are needed in Action.')
}

function notResource({ effect, resources }: StatementView, { kind }: PolicyView): Answer {
  if (effect !== 'Allow' || !resources?.negated || (kind !== 'identity' && kind !== 'resource'))
    return undefined
  const message = 'This allows it on every resource there is but those, also on those that are yet to come.'
  return problem(resources, message, 'Name the resources that are needed in Resource.')
}

function passEveryRole(statement: StatementView, policy: PolicyView): Answer {
  if (!grantsSome(statement, policy) || !isAbout(statement, 'iam:PassRole')) return undefined
  if (!isAboutEvery(statement, 'iam', 'role/*', policy) || isNarrowedBy(statement, /^iam:/)) return undefined
  const message = 'Every role may be handed to a service, the mightiest too: its rights are then at hand.'
  return problem(placeOf(statement), message, 'Name the roles, or add a condition on iam:PassedToService.')
}

function assumeEveryRole(statement: StatementView, policy: PolicyView): Answer {
  if (!grantsSome(statement, policy) || !isAbout(statement, 'sts:AssumeRole')) return undefined
  if (!isAboutEvery(statement, 'iam', 'role/*', policy)) return undefined
  if (isNarrowedBy(statement, /^(?:aws:resource|iam:resourcetag\/|sts:)/)) return undefined
  const message = 'Every role may be taken that trusts the account.'
  return problem(placeOf(statement), message, 'Name the roles in Resource.')
}

function readEverySecret(statement: StatementView, policy: PolicyView): Answer {
  if (!grantsSome(statement, policy) || !isAbout(statement, 'secretsmanager:GetSecretValue')) return undefined
  if (!isAboutEvery(statement, 'secretsmanager', 'secret:*', policy)) return undefined
  if (isNarrowedBy(statement, /^(?:aws:resource|secretsmanager:)/)) return undefined
  return problem(placeOf(statement), 'Every secret may be read.', 'Name the secrets in Resource.')
}

function* escalations(statement: StatementView, policy: PolicyView): Iterable<Problem> {
  if (!grantsSome(statement, policy) || isNarrowedBy(statement, /^iam:/)) return
  const { actions } = statement
  const reached = Object.entries(escalating).filter(([action]) => isAbout(statement, action))
  const open = [...new Set(reached.map(([, kind]) => kind))].filter(kind =>
    isAboutEvery(statement, 'iam', kind, policy),
  )
  const granted = reached.filter(([, kind]) => open.includes(kind)).map(([action]) => action)
  if (actions === undefined || granted.length === 0) return
  const fix = 'Name the resources, or add a condition on iam:PermissionsBoundary or iam:PolicyARN.'
  if (actions.negated) {
    yield problem(actions, describe(granted), fix)
    return
  }
  const grantedBy = new Map<JsonText, string[]>(actions.texts.map(text => [text, []]))
  for (const action of granted) {
    for (const text of textsAbout(actions, action)) grantedBy.get(text)?.push(action)
  }
  for (const [text, some] of grantedBy) {
    if (some.length > 0) yield problem(text, `${quote(text.value)}: ${describe(some)}`, fix)
  }
}

const mostNamed = 3

function describe(actions: readonly string[]): string {
  const named = actions.slice(0, mostNamed).join(', ')
  const more = actions.length > mostNamed ? ` and ${actions.length - mostNamed} more` : ''
  return `whoever may ${named}${more} on all of them can come to rights that they do not have.`
}

function placeOf({ actions, path, at }: StatementView): { path: string; at: number } {
  return actions ?? { path, at }
}

/** Whether a condition on such a key lets through only some of it. */
function isNarrowedBy(statement: StatementView, keys: RegExp): boolean {
  return statement.conditions.some(condition => keys.test(condition.key) && narrows(condition, statement))
}
