import {
  type Answer,
  type CheckTable,
  eachAction,
  eachResource,
  eachStatement,
  inStatements,
  type Problem,
  problem,
} from '../check.ts'
import { itemsOf, type JsonMember, type JsonText } from '../text/json-node.ts'
import { quote } from '../text/quote.ts'
import type { PolicyView, StatementView } from '../view/policy-view.ts'
import { elementOf } from '../view/view-policy.ts'

/** Action and Resource, their Not-forms, and the lists within Principal. */
export const listChecks = {
  'action-missing': { level: 'error', find: eachStatement(missingAction) },
  'action-form': { level: 'error', find: eachAction(actionForm) },
  'action-not-sts': { level: 'error', find: eachAction(actionNotSts) },
  'resource-missing': { level: 'error', find: eachStatement(missingResource) },
  'resource-prohibited': { level: 'error', find: eachStatement(prohibitedResource) },
  'resource-form': { level: 'error', find: eachResource(resourceForm) },
  'resource-too-long': { level: 'error', find: eachResource(tooLongResource) },
  'list-empty': { level: 'error', find: inStatements(emptyLists) },
  'list-item': { level: 'error', find: inStatements(badItems) },
} satisfies CheckTable

function missingAction({ node }: StatementView): Answer {
  if (elementOf(node, 'Action') !== undefined) return undefined
  return problem(node, 'The statement has neither Action nor NotAction.', 'Add an Action.')
}

function actionForm({ value, ...place }: JsonText): Answer {
  if (value === '' || value === '*' || /^[A-Za-z0-9-]+:[A-Za-z0-9*?_.-]+$/.test(value)) return undefined
  const message = value.startsWith('arn:')
    ? 'This is an ARN. Actions are named service:Action.'
    : `${quote(value)} is not of the form service:Action.`
  return problem(
    place,
    message,
    'Write it like iam:GetRole; wildcards may stand behind the colon, or alone as *.',
  )
}

function actionNotSts(
  { value, ...place }: JsonText,
  _statement: StatementView,
  { kind }: PolicyView,
): Answer {
  if (kind !== 'trust' || value === '' || /^sts:/i.test(value)) return undefined
  const message = 'A trust policy speaks of the actions of sts alone.'
  return problem(
    place,
    message,
    'Write sts:AssumeRoleWithWebIdentity; what the role may do is for its policies.',
  )
}

function missingResource({ node }: StatementView, { kind }: PolicyView): Answer {
  if (kind === 'trust' || elementOf(node, 'Resource') !== undefined) return undefined
  return problem(node, 'The statement has neither Resource nor NotResource.', 'Add a Resource.')
}

function prohibitedResource({ node }: StatementView, { kind }: PolicyView): Answer {
  const found = kind === 'trust' ? elementOf(node, 'Resource') : undefined
  if (found === undefined) return undefined
  const message = 'A trust policy has no Resource: it is about the role that it belongs to.'
  return problem(found.member, message, 'Take it out.')
}

function resourceForm({ value, ...place }: JsonText): Answer {
  if (value === '' || /^(?:arn:|\*+$)/.test(value)) return undefined
  const message = `${quote(value)} is neither an ARN nor "*".`
  return problem(place, message, 'Write arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE.')
}

function tooLongResource({ value, ...place }: JsonText): Answer {
  if (value.length <= 2_048) return undefined
  return problem(place, 'This is longer than any ARN.', 'Write at most 2048 characters.')
}

function* emptyLists(statement: StatementView, { kind }: PolicyView): Iterable<Problem> {
  for (const { path, at, name, value } of listsOf(statement, kind)) {
    if (itemsOf(value).length > 0) continue
    yield problem({ path, at }, `${name} is an empty list.`, 'Name at least one, or take the statement out.')
  }
}

function* badItems(statement: StatementView, { kind }: PolicyView): Iterable<Problem> {
  for (const { name, value } of listsOf(statement, kind)) {
    for (const item of itemsOf(value)) {
      if (item.type === 'text' && item.value !== '') continue
      const message = item.type === 'text' ? `${name} holds an empty text.` : `${name} holds what is no text.`
      yield problem(item, message, 'Write one text in quotes, or a list of them.')
    }
  }
}

function listsOf({ node }: StatementView, kind: PolicyView['kind']): JsonMember[] {
  const names = kind === 'trust' ? ['Action'] : ['Action', 'Resource']
  const lists = names.flatMap(name => elementOf(node, name)?.member ?? [])
  if (kind !== 'trust' && kind !== 'resource') return lists
  const principal = elementOf(node, 'Principal')?.member.value
  return [...lists, ...(principal?.type === 'object' ? principal.members : [])]
}
