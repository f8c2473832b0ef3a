import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { secretsOf } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const client = rolecall.secrets()
const { create, setPolicy } = secretsOf(client)
const statement = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }
const when = (Condition: object) => policyOf({ ...statement, Principal: '*', Condition })

const opensToAll: [story: string, document: string][] = [
  ['everybody', policyOf({ ...statement, Principal: '*' })],
  ['everybody, as AWS', policyOf({ ...statement, Principal: { AWS: '*' } })],
  ['everybody, among others', policyOf({ ...statement, Principal: { AWS: [accountId, '*'] } })],
  [
    'everybody, in the second statement',
    policyOf({ ...statement, Principal: { AWS: accountId } }, { ...statement, Principal: '*' }),
  ],
  ['everybody of any name', when({ StringLike: { 'aws:PrincipalArn': '*' } })],
  [
    'everybody of any name, in two pieces',
    when({ StringLike: { 'aws:PrincipalArn': ['arn:aws:iam::1:role/x', '**'] } }),
  ],
  ['everybody whose name is an ARN', when({ StringLike: { 'aws:PrincipalArn': 'arn:*' } })],
  ['everybody of every account', when({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:*::*:*' } })],
  ['everybody with whatever address', when({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } })],
  [
    'everybody with whatever address, in halves',
    when({ IpAddress: { 'aws:SourceIp': ['0.0.0.0/1', '128.0.0.0/1'] } }),
  ],
  ['everybody over TLS', when({ Bool: { 'aws:SecureTransport': 'true' } })],
  ['everybody until a day', when({ DateLessThan: { 'aws:CurrentTime': '2999-01-01T00:00:00Z' } })],
  ['everybody but one', when({ StringNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/x' } })],
  ['whoever has no such tag', when({ StringEqualsIfExists: { 'aws:PrincipalTag/team': 'blue' } })],
  ['everybody by the current stage', when({ StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } })],
]
const opensToSome: [story: string, document: string][] = [
  ['the account', policyOf({ ...statement, Principal: { AWS: accountId } })],
  ['everybody of the account', when({ StringEquals: { 'aws:PrincipalAccount': accountId } })],
  ['a denial of everybody', policyOf({ ...statement, Effect: 'Deny', Principal: '*' })],
  ['roles of a path', when({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${accountId}:role/team/*` } })],
  ['one network', when({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })],
]

const validate = async (ResourcePolicy: string) =>
  client.send(new sm.ValidateResourcePolicyCommand({ ResourcePolicy }))

for (const [story, document] of opensToAll) {
  test(`a policy for ${story} is refused where public ones are blocked, taken elsewhere, and said to be risky`, async () => {
    const name = randomUUID()
    await create(name)
    const blocked = await faultOf(setPolicy(name, document, { BlockPublicPolicy: true }))
    assert.deepEqual([blocked.code, blocked.status], ['PublicPolicyException', 400])
    const { ResourcePolicy } = await client.send(new sm.GetResourcePolicyCommand({ SecretId: name }))
    assert.equal(ResourcePolicy, undefined)
    const { PolicyValidationPassed, ValidationErrors = [] } = await validate(document)
    assert.equal(PolicyValidationPassed, false)
    assert.ok(ValidationErrors.some(({ CheckName }) => CheckName === 'resource-public'))
    await setPolicy(name, document)
    const kept = await client.send(new sm.GetResourcePolicyCommand({ SecretId: name }))
    assert.equal(kept.ResourcePolicy, document)
  })
}

for (const [story, document] of opensToSome) {
  test(`a policy for ${story} is not public`, async () => {
    const name = randomUUID()
    await create(name)
    await setPolicy(name, document, { BlockPublicPolicy: true })
    const { PolicyValidationPassed, ValidationErrors } = await validate(document)
    assert.deepEqual([PolicyValidationPassed, ValidationErrors], [true, []])
  })
}

for (const [story, document] of [
  ['no JSON', 'x'],
  ['no statement', '{"Version":"2012-10-17","Statement":[]}'],
  ['no principal', policyOf(statement)],
  ['two effects', policyOf({ ...statement, Effect: 'Maybe', Principal: '*' })],
  ['everybody else allowed', policyOf({ ...statement, NotPrincipal: { AWS: accountId } })],
  ['an element that is none', policyOf({ ...statement, Principal: '*', Actions: 'x' })],
] as const) {
  test(`a policy with ${story} is malformed, and said to be`, async () => {
    const name = randomUUID()
    await create(name)
    const { code, status } = await faultOf(setPolicy(name, document))
    assert.deepEqual([code, status], ['MalformedPolicyDocumentException', 400])
    assert.equal((await validate(document)).PolicyValidationPassed, false)
  })
}

test('a policy has a largest size, and a secret that is to be validated for must be there', async () => {
  const name = randomUUID()
  await create(name)
  const document = policyOf({ ...statement, Principal: { AWS: accountId } })
  await setPolicy(name, document.padEnd(20_480))
  assert.equal((await faultOf(setPolicy(name, document.padEnd(20_481)))).code, 'ValidationException')
  const asked = { SecretId: 'not-there', ResourcePolicy: document }
  const fault = await faultOf(client.send(new sm.ValidateResourcePolicyCommand(asked)))
  assert.equal(fault.code, 'ResourceNotFoundException')
})
