import { namesPrincipals, type PolicyKind } from '../../policy.ts'
import { findKey } from '../catalogue/condition-keys.ts'
import {
  itemsOf,
  type JsonMember,
  type JsonNode,
  type JsonObject,
  type JsonText,
  memberOf,
} from '../text/json-node.ts'
import { readJson } from '../text/read-json.ts'
import type {
  ConditionView,
  LintOptions,
  ListView,
  PolicyView,
  PrincipalsView,
  StatementView,
  ValueView,
} from './policy-view.ts'
import { viewOperator } from './view-operator.ts'

export function viewPolicy(text: string, kind: PolicyKind, options: LintOptions): PolicyView {
  const { root: node, problems } = readJson(text)
  const root = node?.type === 'object' ? node : undefined
  const version = root && memberOf(root, 'Version')?.value
  return {
    kind,
    options,
    text,
    problems,
    root,
    version: version?.type === 'text' && version.value === '2012-10-17' ? '2012-10-17' : '2008-10-17',
    statements: statementsOf(root)
      .filter(one => one.type === 'object')
      .map(one => viewStatement(one, kind)),
  }
}

/** Also those that are no objects. */
export function statementsOf(root: JsonObject | undefined): readonly JsonNode[] {
  const given = root && memberOf(root, 'Statement')
  return given === undefined ? [] : itemsOf(given.value)
}

function viewStatement(node: JsonObject, kind: PolicyKind): StatementView {
  const effect = memberOf(node, 'Effect')?.value
  const sid = memberOf(node, 'Sid')?.value
  return {
    path: node.path,
    at: node.at,
    node,
    effect:
      effect?.type === 'text' && (effect.value === 'Allow' || effect.value === 'Deny')
        ? effect.value
        : undefined,
    sid: sid?.type === 'text' ? sid : undefined,
    actions: viewList(node, 'Action'),
    resources: kind === 'trust' ? undefined : viewList(node, 'Resource'),
    principals: namesPrincipals(kind) ? viewPrincipals(node) : undefined,
    conditions: viewConditions(node),
  }
}

/** The element, or else its Not-form. */
export function elementOf(
  statement: JsonObject,
  name: string,
): { member: JsonMember; negated: boolean } | undefined {
  const member = memberOf(statement, name)
  if (member !== undefined) return { member, negated: false }
  const negated = memberOf(statement, `Not${name}`)
  return negated && { member: negated, negated: true }
}

function viewList(statement: JsonObject, name: string): ListView | undefined {
  const found = elementOf(statement, name)
  if (found === undefined) return undefined
  const { path, at, value } = found.member
  return { path, at, negated: found.negated, texts: textsOf(value) }
}

function textsOf(node: JsonNode): JsonText[] {
  return itemsOf(node).filter(item => item.type === 'text')
}

function viewPrincipals(statement: JsonObject): PrincipalsView | undefined {
  const found = elementOf(statement, 'Principal')
  if (found === undefined) return undefined
  const { path, at, value } = found.member
  const types = value.type === 'object' ? value.members : []
  const names = types.flatMap(({ name: type, value }) => textsOf(value).map(text => ({ type, text })))
  const star = value.type === 'text' && value.value === '*' ? value : undefined
  const everyone = star ?? names.find(({ type, text }) => type === 'AWS' && text.value === '*')?.text
  return { path, at, negated: found.negated, everyone, names }
}

function viewConditions(statement: JsonObject): ConditionView[] {
  const condition = memberOf(statement, 'Condition')?.value
  const blocks = condition?.type === 'object' ? condition.members : []
  return blocks.flatMap(block => {
    const operator = viewOperator(block.name, block)
    if (operator === undefined || block.value.type !== 'object') return []
    return block.value.members.map(({ path, at, name, value }) => {
      const key = name.toLowerCase()
      return { path, at, operator, key, writtenKey: name, known: findKey(key), values: valuesOf(value) }
    })
  })
}

function valuesOf(node: JsonNode): ValueView[] {
  return itemsOf(node).flatMap(item => {
    if (item.type !== 'text' && item.type !== 'number' && item.type !== 'boolean') return []
    return { path: item.path, at: item.at, value: String(item.value) }
  })
}
