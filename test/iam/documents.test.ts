import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const iam = rolecall.iam()
const trust = trusting(rolecall.accountId, { url: 'https://issuer.example' })
const trustDocument = JSON.stringify(trust)
await rolecall.createRole('standing', trust)

let count = 0
const fresh = () => `fresh-${count++}`

/** Every way to write a document, by what may stand in it. */
const trustWriters = {
  CreateRole: (AssumeRolePolicyDocument: string, RoleName = fresh()) =>
    iam.send(new sdk.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument })),
  UpdateAssumeRolePolicy: (PolicyDocument: string) =>
    iam.send(new sdk.UpdateAssumeRolePolicyCommand({ RoleName: 'standing', PolicyDocument })),
}
const permissionWriters = {
  PutRolePolicy: (PolicyDocument: string) =>
    iam.send(new sdk.PutRolePolicyCommand({ RoleName: 'standing', PolicyName: 'work', PolicyDocument })),
  CreatePolicy: (PolicyDocument: string) =>
    iam.send(new sdk.CreatePolicyCommand({ PolicyName: fresh(), PolicyDocument })),
}

const [trustStatement] = Object(trust).Statement
const permission = allow('iam:GetRole')

const broken = (statement: object): [story: string, document: string, message: RegExp][] => [
  ['that is no JSON', '{', /^This policy contains invalid Json$/],
  ['that is JSON, but no object', '[]', /^This policy contains invalid Json$/],
  [
    'that says a thing twice, once for each reader',
    `{"Version":"2012-10-17","Statement":[],"Statement":${JSON.stringify(statement)}}`,
    /^This policy contains invalid Json$/,
  ],
  ['without a statement', '{"Version":"2012-10-17"}', /Statement/],
  ['with no statement in its list', '{"Version":"2012-10-17","Statement":[]}', /Statement/],
  ['of a version there is not', JSON.stringify({ Version: '2020-01-01', Statement: statement }), /Version/],
  ['with an element that there is not', policyOf({ ...statement, Resources: '*' }), /Resources/],
  ['whose effect is neither', policyOf({ ...statement, Effect: 'allow' }), /Effect/],
  ['without an action', policyOf({ ...statement, Action: undefined }), /Action/],
  ['with both Action and NotAction', policyOf({ ...statement, NotAction: 'sts:X' }), /NotAction/],
  [
    'with an operator that there is not',
    policyOf({ ...statement, Condition: { StringsEqual: { 'aws:userid': 'x' } } }),
    /StringsEqual/,
  ],
  ['that names one Sid twice', policyOf({ ...statement, Sid: 'A' }, { ...statement, Sid: 'A' }), /SID/],
]

const brokenTrust = [
  ...broken(trustStatement),
  ['without a principal', policyOf({ ...trustStatement, Principal: undefined }), /Principal/],
  ['with a resource', policyOf({ ...trustStatement, Resource: '*' }), /^Has prohibited field Resource$/],
  [
    'that allows more than to assume',
    policyOf({ ...trustStatement, Action: 'iam:GetRole' }),
    /^AssumeRole policy may only specify STS AssumeRole actions\.$/,
  ],
  ['that allows everything', policyOf({ ...trustStatement, Action: '*' }), /STS AssumeRole actions/],
  [
    'that trusts whichever provider',
    policyOf({ ...trustStatement, Principal: { Federated: '*' } }),
    /Federated/,
  ],
] as const
const brokenPermissions = [
  ...broken(permission),
  ['without a resource', policyOf({ ...permission, Resource: undefined }), /Resource/],
  ['with a resource that is no ARN', policyOf({ ...permission, Resource: 'standing' }), /ARN format/],
  [
    'with a principal',
    policyOf({ ...permission, Principal: '*' }),
    /^Policy document should not specify a principal\.$/,
  ],
] as const

for (const [writers, documents] of [
  [trustWriters, brokenTrust],
  [permissionWriters, brokenPermissions],
] as const) {
  for (const [action, write] of Object.entries(writers)) {
    for (const [story, document, message] of documents) {
      test(`${action}: a document ${story} is not written`, async () => {
        const fault = await faultOf(write(document))
        assert.deepEqual([fault.code, fault.status], ['MalformedPolicyDocument', 400])
        assert.match(fault.message, message)
      })
    }
  }
}

test('a broken document leaves what was there before', async () => {
  await permissionWriters.PutRolePolicy(policyOf(permission))
  await faultOf(permissionWriters.PutRolePolicy('{'))
  await faultOf(trustWriters.UpdateAssumeRolePolicy('{'))
  await faultOf(trustWriters.CreateRole('{', 'never-made'))
  const kept = await iam.send(new sdk.GetRolePolicyCommand({ RoleName: 'standing', PolicyName: 'work' }))
  assert.equal(kept.PolicyDocument, encodeURIComponent(policyOf(permission)))
  const { Role } = await iam.send(new sdk.GetRoleCommand({ RoleName: 'standing' }))
  assert.equal(Role?.AssumeRolePolicyDocument, encodeURIComponent(trustDocument))
  const { code } = await faultOf(iam.send(new sdk.GetRoleCommand({ RoleName: 'never-made' })))
  assert.equal(code, 'NoSuchEntity')
})

/** A document of exactly so many characters that are not white space, and some that are. */
function sized(length: number, statement: object): string {
  const without = policyOf({ Sid: '', ...statement }).length
  return policyOf({ Sid: 'x'.repeat(length - without), ...statement }).replaceAll(',', ',\n  ')
}

for (const [action, write, statement, most, message] of [
  [
    'CreateRole',
    trustWriters.CreateRole,
    trustStatement,
    4096,
    'Cannot exceed quota for ACLSizePerRole: 4096',
  ],
  [
    'UpdateAssumeRolePolicy',
    trustWriters.UpdateAssumeRolePolicy,
    trustStatement,
    4096,
    'Cannot exceed quota for ACLSizePerRole: 4096',
  ],
  [
    'CreatePolicy',
    permissionWriters.CreatePolicy,
    permission,
    6144,
    'Cannot exceed quota for PolicySize: 6144',
  ],
  [
    'PutRolePolicy',
    permissionWriters.PutRolePolicy,
    permission,
    10_240,
    'Maximum policy size of 10240 bytes exceeded for role standing',
  ],
] as const) {
  test(`${action}: a document of ${most} characters is written, white space not counted, a longer one is not`, async () => {
    await write(sized(most, statement))
    const fault = await faultOf(write(sized(most + 1, statement)))
    assert.deepEqual(fault, { code: 'LimitExceeded', status: 409, message, type: 'Sender' })
  })
}

test('a role’s inline policies share their room: many small ones are as good as a large one', async () => {
  await rolecall.createRole('crowded', trust)
  const put = (PolicyName: string, size: number) => {
    const asked = { RoleName: 'crowded', PolicyName, PolicyDocument: sized(size, permission) }
    return iam.send(new sdk.PutRolePolicyCommand(asked))
  }
  await put('first', 5000)
  await put('second', 5240)
  const fault = await faultOf(put('third', 200))
  assert.deepEqual([fault.code, fault.status], ['LimitExceeded', 409])
  // What is replaced makes room for what replaces it.
  await put('second', 5040)
  await put('third', 200)
})

test('a document with characters beyond Latin-1 is not written as it is, but may name them by their codes', async () => {
  for (const [action, write] of Object.entries({ ...trustWriters, ...permissionWriters })) {
    const statement = action in trustWriters ? trustStatement : permission
    const named = { StringEquals: { 'aws:userid': 'Ā' } }
    const raw = policyOf({ ...statement, Condition: named })
    const { code, message } = await faultOf(write(raw))
    assert.equal(code, 'ValidationError')
    assert.match(message, /olicyDocument' failed to satisfy constraint: .*pattern/)
    await write(raw.replace('Ā', '\\u0100'))
  }
})
