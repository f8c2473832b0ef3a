import { defineAction } from '../aws/action.ts'
import { list, optional, params, structure, text } from '../aws/params.ts'
import { entityOf, parseArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import { createTurns } from '../base/turns.ts'
import { contextKeysOf } from '../policy/explain/context-keys.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicyPrincipal } from '../policy/request.ts'
import type { IamDeps } from './deps.ts'
import { readPage } from './pages.ts'
import * as given from './parameters.ts'
import { policiesOfPrincipal, type SimulatedPrincipal } from './simulated-principal.ts'
import { type Source, simulate, simulatedContext } from './simulation.ts'

const documents = list(given.policyDocument, { max: 100 })
const arnText = text({ min: 1, max: 2048 })
const request = {
  ActionNames: list(text({ min: 3, max: 128 }), { max: 100, min: 1 }),
  ResourceArns: optional(list(arnText, { max: 100 }), []),
  ResourcePolicy: optional(given.policyDocument),
  ResourceOwner: optional(arnText),
  CallerArn: optional(arnText),
  ContextEntries: optional(
    list(
      structure({
        ContextKeyName: text({ min: 5, max: 256 }),
        ContextKeyValues: optional(list(text({ max: 2048 }), { max: 100 }), []),
        ContextKeyType: optional(text({ max: 30 })),
      }),
      { max: 200 },
    ),
    [],
  ),
  ResourceHandlingOption: optional(text({ min: 1, max: 64 })),
  PermissionsBoundaryPolicyInputList: optional(list(given.policyDocument, { max: 1 }), []),
  ...given.paging,
}

type Asked = {
  ActionNames: string[]
  ResourceArns: string[]
  ResourcePolicy: string | undefined
  CallerArn: string | undefined
  ContextEntries: { ContextKeyName: string; ContextKeyValues: string[] }[]
  PermissionsBoundaryPolicyInputList: string[]
  Marker: string | undefined
  MaxItems: number
}

/**
 * What policies that are handed in would decide, with nothing that is stored.
 *
 * @throws {Refusal} entity.invalid
 * @see AWS IAM API reference, SimulateCustomPolicy
 */
export const simulateCustomPolicy = defineAction({
  name: 'SimulateCustomPolicy',
  auth: 'signed',
  input: params({ PolicyInputList: documents, ...request }),
  permission: () => ({ action: 'iam:SimulateCustomPolicy', resource: '*' }),
  async handle(asked, deps: IamDeps, { facts }) {
    const nobody: SimulatedPrincipal = { identity: [], group: [], boundary: undefined, context: new Map() }
    return run(asked, asked.PolicyInputList, nobody, undefined, facts, deps)
  },
})

/**
 * What a user's, a group's or a role's policies would decide, with those that are handed in beside them. The caller's
 * own session plays no part.
 *
 * @throws {Refusal} entity.missing | entity.invalid
 * @see AWS IAM API reference, SimulatePrincipalPolicy
 */
export const simulatePrincipalPolicy = defineAction({
  name: 'SimulatePrincipalPolicy',
  auth: 'signed',
  input: params({ PolicySourceArn: given.arn, PolicyInputList: optional(documents, []), ...request }),
  permission: asked => ({ action: 'iam:SimulatePrincipalPolicy', resource: asked.PolicySourceArn }),
  async handle(asked, deps: IamDeps, { facts }) {
    const principal = await policiesOfPrincipal(asked.PolicySourceArn, deps)
    return run(asked, asked.PolicyInputList, principal, asked.PolicySourceArn, facts, deps)
  },
})

/**
 * @throws {Refusal} entity.invalid
 * @see AWS IAM API reference, GetContextKeysForCustomPolicy
 */
export const getContextKeysForCustomPolicy = defineAction({
  name: 'GetContextKeysForCustomPolicy',
  auth: 'signed',
  input: params({ PolicyInputList: documents }),
  permission: () => ({ action: 'iam:GetContextKeysForCustomPolicy', resource: '*' }),
  async handle(asked, _deps: IamDeps) {
    return { ContextKeyNames: await contextKeysIn(asked.PolicyInputList) }
  },
})

/**
 * @throws {Refusal} entity.missing | entity.invalid
 * @see AWS IAM API reference, GetContextKeysForPrincipalPolicy
 */
export const getContextKeysForPrincipalPolicy = defineAction({
  name: 'GetContextKeysForPrincipalPolicy',
  auth: 'signed',
  input: params({ PolicySourceArn: given.arn, PolicyInputList: optional(documents, []) }),
  permission: asked => ({
    action: 'iam:GetContextKeysForPrincipalPolicy',
    resource: asked.PolicySourceArn,
  }),
  async handle(asked, deps: IamDeps) {
    const { identity, group } = await policiesOfPrincipal(asked.PolicySourceArn, deps)
    const own = [...identity, ...group].map(({ document }) => document)
    return { ContextKeyNames: await contextKeysIn([...own, ...asked.PolicyInputList]) }
  },
})

async function contextKeysIn(texts: readonly string[]): Promise<string[]> {
  const turns = createTurns()
  const policies: Policy[] = []
  for (const text of texts) {
    await turns.pass()
    policies.push(parseGiven(text))
  }
  return contextKeysOf(policies)
}

function parseGiven(document: string): Policy {
  try {
    return parsePolicy(document, 'identity')
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw invalid(error.said.message ?? 'The policy is not valid')
  }
}

async function run(
  asked: Asked,
  inputs: readonly string[],
  principal: SimulatedPrincipal,
  sourceArn: string | undefined,
  facts: RequestFacts,
  { accountId }: IamDeps,
) {
  if (asked.ResourcePolicy !== undefined && asked.CallerArn === undefined && !isUser(sourceArn)) {
    throw invalid('CallerArn is required when a ResourcePolicy is given')
  }
  const caller = asked.CallerArn ?? sourceArn
  const input =
    (name: string) =>
    (document: string, n: number): Source => ({ id: `${name}.${n + 1}`, document })
  const [boundary] = asked.PermissionsBoundaryPolicyInputList.map(input('PermissionsBoundaryPolicyInputList'))
  const entries = new Map(principal.context)
  for (const { ContextKeyName: key, ContextKeyValues: values } of asked.ContextEntries) {
    entries.set(key.toLowerCase(), values)
  }
  const actions = asked.ActionNames.map((action, n) => ({ key: String(n).padStart(6, '0'), action }))
  const page = (MaxItems: number) => readPage(actions, ({ key }) => key, { Marker: asked.Marker, MaxItems })
  const results = await simulate({
    identity: [...principal.identity, ...inputs.map(input('PolicyInputList'))],
    group: principal.group,
    boundary: boundary ?? principal.boundary,
    resource:
      asked.ResourcePolicy === undefined
        ? undefined
        : { id: 'ResourcePolicy', document: asked.ResourcePolicy },
    principal: principalFrom(caller, accountId),
    actions: page(asked.MaxItems).items.map(({ action }) => action),
    resources: asked.ResourceArns,
    context: simulatedContext(facts, entries),
  })
  return { EvaluationResults: results, ...page(results.length).wire }
}

function principalFrom(text: string | undefined, accountId: string): PolicyPrincipal {
  const arn = text === undefined ? undefined : parseArn(text)
  if (text === undefined) return { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/simulated` }
  if (arn === undefined) throw invalid(`Invalid ARN: ${text}`)
  const [, role, session] = /^assumed-role\/([^/]+)\/([^/]+)$/.exec(arn.resource) ?? []
  if (role !== undefined && session !== undefined) {
    return {
      kind: 'session',
      accountId: arn.accountId,
      arn: text,
      roleArn: `arn:aws:iam::${arn.accountId}:role/${role}`,
    }
  }
  return { kind: 'user', accountId: arn.accountId, arn: text }
}

function isUser(text: string | undefined): boolean {
  const arn = text === undefined ? undefined : parseArn(text)
  return arn !== undefined && entityOf(arn, 'user') !== undefined
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
