import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import type { AuthorizedCall } from '../../server/aws/action.ts'
import type { IamDeps } from '../../server/iam/deps.ts'
import { getContextKeysForCustomPolicy } from '../../server/iam/simulate.ts'
import { simulate } from '../../server/iam/simulation.ts'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const iam = rolecall.iam()
const entities = entitiesOf(rolecall)

type Asked = Partial<sdk.SimulateCustomPolicyCommandInput>
const custom = async (documents: string[], action: string, more: Asked = {}) => {
  const asked = { PolicyInputList: documents, ActionNames: [action], ...more }
  const { EvaluationResults = [] } = await iam.send(new sdk.SimulateCustomPolicyCommand(asked))
  assert.equal(EvaluationResults.length, (more.ActionNames ?? [action]).length)
  return EvaluationResults
}
const decisionOf = async (...asked: Parameters<typeof custom>) => (await custom(...asked))[0]?.EvalDecision
const deny = (Action: string) => ({ Effect: 'Deny', Action, Resource: '*' })
const bucket = 'arn:aws:s3:::bucket'

test('what is allowed, denied, or neither, is told so', async () => {
  const document = policyOf(allow('s3:*'), deny('s3:DeleteObject'))
  assert.equal(await decisionOf([document], 's3:GetObject'), 'allowed')
  assert.equal(await decisionOf([document], 's3:DeleteObject'), 'explicitDeny')
  assert.equal(await decisionOf([document], 'sqs:SendMessage'), 'implicitDeny')
  assert.equal(await decisionOf([policyOf(allow('sqs:*')), document], 'sqs:SendMessage'), 'allowed')
})

test('a statement that decided is named with where it begins and ends', async () => {
  const document = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "sqs:*", "Resource": "*" },
    { "Effect": "Allow", "Action": "s3:Get*",
      "Resource": "arn:aws:s3:::a}b\\"/*" }
  ]
}`
  const [result] = await custom([document], 's3:GetObject', { ResourceArns: ['arn:aws:s3:::a}b"/x'] })
  assert.deepEqual(result?.MatchedStatements, [
    {
      SourcePolicyId: 'PolicyInputList.1',
      SourcePolicyType: 'IAM Policy',
      StartPosition: { Line: 5, Column: 5 },
      EndPosition: { Line: 6, Column: 43 },
    },
  ])
})

test('there is one entry for an action, and within it one for each resource', async () => {
  const document = policyOf(allow('s3:GetObject', `${bucket}/mine/*`))
  const resources = [`${bucket}/mine/a`, `${bucket}/theirs/a`]
  const [result] = await custom([document], 's3:GetObject', { ResourceArns: resources })
  assert.equal(result?.EvalDecision, 'implicitDeny')
  assert.deepEqual(
    result?.ResourceSpecificResults?.map(one => [one.EvalResourceName, one.EvalResourceDecision]),
    [
      [resources[0], 'allowed'],
      [resources[1], 'implicitDeny'],
    ],
  )
})

test('keys that policies ask about and nobody gave are missing, and counted once they are given', async () => {
  const document = policyOf({
    ...allow('s3:GetObject', `${bucket}/\${aws:username}/*`),
    Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' }, Bool: { 'aws:SecureTransport': 'true' } },
  })
  const asked = { ResourceArns: [`${bucket}/ada/x`] }
  const [without] = await custom([document], 's3:GetObject', asked)
  assert.deepEqual(without?.MissingContextValues?.sort(), [
    'aws:PrincipalTag/team',
    'aws:SecureTransport',
    'aws:username',
  ])
  const ContextEntries = Object.entries({
    'aws:PrincipalTag/team': 'blue',
    'aws:securetransport': 'true',
    'aws:username': 'ada',
  }).map(([ContextKeyName, value]) => ({
    ContextKeyName,
    ContextKeyValues: [value],
    ContextKeyType: 'string' as const,
  }))
  const [given] = await custom([document], 's3:GetObject', { ...asked, ContextEntries })
  assert.deepEqual([given?.EvalDecision, given?.MissingContextValues ?? []], ['allowed', []])
})

test('a boundary narrows, and whether it would have allowed it is told', async () => {
  const PermissionsBoundaryPolicyInputList = [policyOf(allow('s3:Get*'))]
  const [put] = await custom([policyOf(allow('s3:*'))], 's3:PutObject', {
    PermissionsBoundaryPolicyInputList,
  })
  assert.equal(put?.EvalDecision, 'implicitDeny')
  assert.deepEqual(put?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false })
  const [get] = await custom([policyOf(allow('s3:*'))], 's3:GetObject', {
    PermissionsBoundaryPolicyInputList,
  })
  assert.deepEqual(
    [get?.EvalDecision, get?.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary],
    ['allowed', true],
  )
})

test('a resource’s policy that names the caller allows it', async () => {
  const CallerArn = entities.userArn('ada')
  const ResourcePolicy = policyOf({ ...allow('s3:GetObject', `${bucket}/*`), Principal: { AWS: CallerArn } })
  const asked = { ResourcePolicy, ResourceArns: [`${bucket}/x`] }
  const nothing = policyOf(allow('sqs:*'))
  const [result] = await custom([nothing], 's3:GetObject', { ...asked, CallerArn })
  assert.equal(result?.EvalDecision, 'allowed')
  assert.equal(result?.MatchedStatements?.[0]?.SourcePolicyId, 'ResourcePolicy')
  const other = { ...asked, CallerArn: entities.userArn('bob') }
  assert.equal(await decisionOf([nothing], 's3:GetObject', other), 'implicitDeny')
  assert.equal((await faultOf(custom([nothing], 's3:GetObject', asked))).code, 'InvalidInput')
})

test('a document that is none is refused, by its name', async () => {
  const { code, status, message } = await faultOf(custom([policyOf(allow('s3:*')), '{'], 's3:GetObject'))
  assert.deepEqual([code, status], ['InvalidInput', 400])
  assert.match(message, /^PolicyInputList\.2: /)
})

test('a user is simulated with all that speaks for them: as the service itself decides', async () => {
  const boundary = await entities.policy('sim-boundary', allow('iam:List*'))
  await entities.user('sim', [allow('iam:ListUsers', '*')], boundary)
  await entities.group('sim-group', allow('iam:ListRoles'), deny('iam:ListGroups'))
  await entities.join('sim', 'sim-group')
  const PolicyArn = await entities.policy('sim-managed', allow('iam:GetUser'))
  await iam.send(new sdk.AttachUserPolicyCommand({ UserName: 'sim', PolicyArn }))
  const ActionNames = ['iam:ListUsers', 'iam:ListRoles', 'iam:ListGroups', 'iam:GetUser', 'iam:GetRole']
  const asked = { PolicySourceArn: entities.userArn('sim'), ActionNames }
  const { EvaluationResults = [] } = await iam.send(new sdk.SimulatePrincipalPolicyCommand(asked))
  assert.deepEqual(
    EvaluationResults.map(({ EvalActionName, EvalDecision }) => [EvalActionName, EvalDecision]),
    [
      ['iam:ListUsers', 'allowed'],
      ['iam:ListRoles', 'allowed'],
      ['iam:ListGroups', 'explicitDeny'],
      ['iam:GetUser', 'implicitDeny'],
      ['iam:GetRole', 'implicitDeny'],
    ],
  )
  const [, roles, , user] = EvaluationResults
  assert.equal(roles?.MatchedStatements?.[0]?.SourcePolicyId, 'work')
  assert.equal(user?.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary, false)
})

test('a role is simulated too, and who is not there is told', async () => {
  const trust = { Effect: 'Allow', Principal: { AWS: accountId }, Action: 'sts:AssumeRole' }
  const role = await rolecall.createRole('simulated', { Version: '2012-10-17', Statement: trust })
  const simulate = (PolicySourceArn: string, PolicyInputList: string[] = []) =>
    iam.send(
      new sdk.SimulatePrincipalPolicyCommand({
        PolicySourceArn,
        PolicyInputList,
        ActionNames: ['s3:GetObject'],
      }),
    )
  assert.equal((await simulate(role)).EvaluationResults?.[0]?.EvalDecision, 'implicitDeny')
  const more = await simulate(role, [policyOf(allow('s3:*'))])
  assert.equal(more.EvaluationResults?.[0]?.EvalDecision, 'allowed')
  assert.equal((await faultOf(simulate(rolecall.roleArn('missing')))).code, 'NoSuchEntity')
  assert.equal((await faultOf(simulate(`arn:aws:iam::${accountId}:policy/x`))).code, 'InvalidInput')
})

test('the keys that policies ask about are listed, each once', async () => {
  const document = policyOf({
    ...allow('s3:*', `${bucket}/\${aws:username}/\${aws:PrincipalTag/x, 'none'}/\${*}`),
    Condition: {
      StringLike: { 's3:prefix': ['${aws:UserName}/*'] },
      Null: { 'aws:MultiFactorAuthAge': 'false' },
    },
  })
  const asked = new sdk.GetContextKeysForCustomPolicyCommand({ PolicyInputList: [document] })
  const { ContextKeyNames } = await iam.send(asked)
  assert.deepEqual(ContextKeyNames?.sort(), [
    'aws:MultiFactorAuthAge',
    'aws:PrincipalTag/x',
    'aws:username',
    's3:prefix',
  ])
  await entities.user('asked-about', [
    { ...allow('s3:*'), Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
  ])
  const ofUser = new sdk.GetContextKeysForPrincipalPolicyCommand({
    PolicySourceArn: entities.userArn('asked-about'),
  })
  assert.deepEqual((await iam.send(ofUser)).ContextKeyNames, ['aws:SecureTransport'])
})

test('many actions come in pages', async () => {
  const ActionNames = Array.from({ length: 7 }, (_, n) => `notes:Action${n}`)
  const seen: unknown[] = []
  const asked = { PolicyInputList: [policyOf(allow('notes:*'))], ActionNames, MaxItems: 3 }
  for await (const page of sdk.paginateSimulateCustomPolicy({ client: iam }, asked)) {
    seen.push(...(page.EvaluationResults ?? []).map(({ EvalActionName }) => EvalActionName))
  }
  assert.deepEqual(seen, ActionNames)
})

/** Asks about so many context keys. */
const askingAbout = (count: number) => {
  const keys = Object.fromEntries(Array.from({ length: count }, (_, n) => [`notes:${n}`, 'x']))
  return policyOf({ ...allow('*'), Condition: { StringLike: keys } })
}
const resourcesOf = (count: number) => Array.from({ length: count }, (_, n) => `${bucket}/${n}`)

test('where each result tells of many missing keys, a page is short, and the next one goes on', async () => {
  const ActionNames = Array.from({ length: 7 }, (_, n) => `notes:Action${n}`)
  const asked = { PolicyInputList: [askingAbout(800)], ActionNames, ResourceArns: resourcesOf(20) }
  const seen: string[][] = []
  for await (const page of sdk.paginateSimulateCustomPolicy({ client: iam }, asked)) {
    seen.push((page.EvaluationResults ?? []).map(({ EvalActionName }) => String(EvalActionName)))
  }
  assert.deepEqual(seen.flat(), ActionNames)
  assert.deepEqual(
    seen.map(({ length }) => length),
    [2, 2, 2, 1],
  )
})

test('a small request does not make an answer of a hundred megabytes', async () => {
  const fault = await faultOf(
    custom([askingAbout(5_000)], 's3:GetObject', { ResourceArns: resourcesOf(100) }),
  )
  assert.deepEqual([fault.code, fault.status], ['InvalidInput', 400])
})

test('the keys of many long policies are looked for with room for others in between', async () => {
  const actions = Array.from({ length: 600 }, (_, n) => `notes:*${n.toString(36)}*`)
  const PolicyInputList = Array.from({ length: 30 }, () => policyOf(allow(actions)))
  const ask = () =>
    getContextKeysForCustomPolicy.handle({ PolicyInputList }, {} as IamDeps, {} as AuthorizedCall)
  const turns = await turnsWithin(ask)
  assert.ok(turns >= 10, `${turns} turns of others`)
})

/** How many turns others have, where the clock goes on by six milliseconds each time somebody looks at it. */
async function turnsWithin(work: () => Promise<unknown>): Promise<number> {
  let nowMs = 0
  const clock = mock.method(performance, 'now', () => {
    nowMs += 6
    return nowMs
  })
  let turns = 0
  const beat = () => {
    turns++
    immediate = setImmediate(beat)
  }
  let immediate = setImmediate(beat)
  try {
    await work()
  } finally {
    clearImmediate(immediate)
    clock.mock.restore()
  }
  return turns
}

test('a long simulation leaves room for others in between', async () => {
  const statements = Array.from({ length: 1_000 }, (_, n) => ({ ...allow('*'), Sid: `S${n}` }))
  const document = policyOf(...statements.map(one => ({ ...one, Condition: { Bool: { 'a:b': 'true' } } })))
  const turns = await turnsWithin(async () => {
    const results = await simulate({
      ...{ identity: [{ id: 'it', document }], group: [], boundary: undefined, resource: undefined },
      principal: { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/simulated` },
      actions: Array.from({ length: 100 }, (_, n) => `notes:Action${n}`),
      resources: resourcesOf(100),
      context: new Map(),
    })
    assert.equal(results.length, 100)
  })
  assert.ok(turns >= 3_000, `${turns} turns of others`)
})
