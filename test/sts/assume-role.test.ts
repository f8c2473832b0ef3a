import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type AssumeRoleCommandOutput,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { allow, assumeRole, faultOf, keysOf, setPolicy } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'

const rolecall = await startRolecall()
const { accountId, roleArn } = rolecall
const entities = entitiesOf(rolecall)
const ada = await entities.user('ada')
const adaArn = entities.userArn('ada')

const trustOf = (
  principal: string | string[],
  action: string | string[] = 'sts:AssumeRole',
  more: object = {},
) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: action, ...more }],
})
const account = `arn:aws:iam::${accountId}:root`

const take = (keys: Keys, role: string, more: Partial<AssumeRoleCommandInput> = {}) =>
  rolecall.sts(keys).send(new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: 'work', ...more }))
const whoIs = (keys: Keys) => rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
const refusal = async (call: Promise<unknown>) => {
  const { code, message } = await faultOf(call)
  return [code, message.split('. Encoded')[0]]
}
const denied = (why: string, action = 'sts:AssumeRole', role = 'any') => [
  'AccessDenied',
  `User: ${adaArn} is not authorized to perform: ${action} on resource: ${roleArn(role)} ${why}`,
]
const untrusted = (action = 'sts:AssumeRole') =>
  `because no resource-based policy allows the ${action} action`

test('a user whom the trust policy names takes the role, without a policy of their own', async () => {
  await rolecall.createRole('named', trustOf(adaArn))
  const answer = await take(ada, 'named')
  assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${accountId}:assumed-role/named/work`)
  assert.match(answer.AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:work$/)
  assert.equal(answer.PackedPolicySize, undefined)
  const { Arn, UserId } = await whoIs(keysOf(answer))
  assert.deepEqual([Arn, UserId], [answer.AssumedRoleUser?.Arn, answer.AssumedRoleUser?.AssumedRoleId])
})

test('where the trust policy names the account, the user’s own policies must allow it too', async () => {
  await rolecall.createRole('delegated', trustOf(account))
  assert.deepEqual(
    await refusal(take(ada, 'delegated')),
    denied(
      'because no identity-based policy allows the sts:AssumeRole action',
      'sts:AssumeRole',
      'delegated',
    ),
  )
  const bob = await entities.user('bob', [allow('sts:AssumeRole', roleArn('delegated'))])
  await take(bob, 'delegated')
})

test('a user whom it does not name, and a role that is not there, are refused in the same words', async () => {
  await entities.user('somebody-else')
  await rolecall.createRole('closed', trustOf(entities.userArn('somebody-else')))
  for (const role of ['closed', 'missing']) {
    assert.deepEqual(await refusal(take(ada, role)), denied(untrusted(), 'sts:AssumeRole', role))
  }
  const powerful = await entities.user('powerful', [allow('*')])
  assert.equal((await faultOf(take(powerful, 'closed'))).code, 'AccessDenied')
})

test('an explicit deny of the user’s wins over the trust policy that names them', async () => {
  const deny = { Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' }
  const eve = await entities.user('eve', [deny])
  await rolecall.createRole('trusts-eve', trustOf(entities.userArn('eve')))
  const [code, message] = await refusal(take(eve, 'trusts-eve'))
  assert.equal(code, 'AccessDenied')
  assert.match(message ?? '', /with an explicit deny in an identity-based policy$/)
})

test('the account’s owner takes no role, as on AWS', async () => {
  await rolecall.createRole('for-owner', trustOf(account))
  const { code, message } = await faultOf(take(rolecall.rootKeys, 'for-owner'))
  assert.equal(code, 'AccessDenied')
  assert.match(message, /roles may not be assumed by root/)
})

test('an external id must be the one that the trust policy asks for', async () => {
  const Condition = { StringEquals: { 'sts:ExternalId': 'agreed-1' } }
  await rolecall.createRole('third-party', trustOf(adaArn, 'sts:AssumeRole', { Condition }))
  await take(ada, 'third-party', { ExternalId: 'agreed-1' })
  for (const more of [{}, { ExternalId: 'agreed-2' }, { ExternalId: 'agreed-1 '.trim().toUpperCase() }]) {
    assert.equal((await faultOf(take(ada, 'third-party', more))).code, 'AccessDenied')
  }
})

test('the session’s name, tags and source identity are for the trust policy to judge', async () => {
  const Condition = {
    StringEquals: {
      'sts:RoleSessionName': 'work',
      'aws:RequestTag/team': 'blue',
      'sts:SourceIdentity': 'ada.l',
    },
    'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'], 'sts:TransitiveTagKeys': ['team'] },
  }
  const actions = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
  await rolecall.createRole('judging', trustOf(adaArn, actions, { Condition }))
  const right: Partial<AssumeRoleCommandInput> = {
    Tags: [{ Key: 'team', Value: 'blue' }],
    TransitiveTagKeys: ['team'],
    SourceIdentity: 'ada.l',
  }
  assert.equal((await take(ada, 'judging', right)).SourceIdentity, 'ada.l')
  for (const more of [
    { RoleSessionName: 'play' },
    { Tags: [{ Key: 'team', Value: 'red' }] },
    { Tags: [...(right.Tags ?? []), { Key: 'more', Value: 'x' }] },
    { SourceIdentity: 'somebody' },
    { SourceIdentity: undefined },
  ]) {
    assert.equal((await faultOf(take(ada, 'judging', { ...right, ...more }))).code, 'AccessDenied')
  }
})

test('tags and a source identity each take a right of their own', async () => {
  await rolecall.createRole('plain', trustOf(adaArn))
  const Tags = [{ Key: 'team', Value: 'blue' }]
  const { message } = await faultOf(take(ada, 'plain', { Tags }))
  assert.match(message, /not authorized to perform: sts:TagSession on/)
  const identity = await faultOf(take(ada, 'plain', { SourceIdentity: 'ada.l' }))
  assert.match(identity.message, /not authorized to perform: sts:SetSourceIdentity on/)
})

for (const [story, more, message] of [
  [
    'a transitive key without its tag',
    { TransitiveTagKeys: ['team'] },
    'The specified transitive tag key must be included in the requested tags.',
  ],
  [
    'a tag twice, in another case',
    {
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'A', Value: '2' },
      ],
    },
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ],
] as const) {
  test(`${story} is refused in AWS’s words`, async () => {
    await rolecall
      .createRole('tagging', trustOf(adaArn, ['sts:AssumeRole', 'sts:TagSession']))
      .catch(() => undefined)
    const fault = await faultOf(take(ada, 'tagging', structuredClone<object>(more)))
    assert.deepEqual([fault.code, fault.status, fault.message], ['InvalidParameterValue', 400, message])
  })
}

/** From ada to `first`, and from there on. */
async function chain(first: string, second: string, tags = {}, onward = {}) {
  const one = keysOf(await take(ada, first, tags))
  return { one, next: () => take(one, second, onward) }
}
const both = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']

test('a role takes another: for an hour at most, whatever that one allows', async () => {
  await rolecall.createRole('first', trustOf(adaArn, both))
  await rolecall.createRole('second', trustOf(roleArn('first'), both), { MaxSessionDuration: 43_200 })
  const { one, next } = await chain('first', 'second')
  assert.equal((await next()).AssumedRoleUser?.Arn, `arn:aws:sts::${accountId}:assumed-role/second/work`)
  await take(one, 'second', { DurationSeconds: 3_600 })
  const fault = await faultOf(take(one, 'second', { DurationSeconds: 3_601 }))
  assert.deepEqual(
    [fault.code, fault.message],
    [
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    ],
  )
})

for (const [spelled, key] of [
  ['as the tag', 'team'],
  ['in another case', 'TEAM'],
] as const) {
  test(`a transitive tag that is named ${spelled} goes along the chain and can’t be replaced; another one stays behind`, async () => {
    const pairs = { team: 'blue', mood: 'good' }
    const Tags = Object.entries(pairs).map(([Key, Value]) => ({ Key, Value }))
    const tags = { Tags, TransitiveTagKeys: [key] }
    const Condition = {
      StringEquals: { 'aws:PrincipalTag/team': 'blue' },
      Null: { 'aws:PrincipalTag/mood': 'true' },
    }
    const { one, next } = await chain('first', 'second', tags)
    await setPolicy(rolecall, 'second', { ...allow('iam:ListRoles'), Condition })
    const client = rolecall.iam(keysOf(await next()))
    await client.send(new iam.ListRolesCommand({}))
    const fault = await faultOf(take(one, 'second', { Tags: [{ Key: 'TEAM', Value: 'red' }] }))
    assert.equal(
      fault.message,
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  })
}

test('the source identity goes along the chain, and nobody along it can say otherwise', async () => {
  const { one, next } = await chain('first', 'second', { SourceIdentity: 'ada.l' })
  assert.equal((await next()).SourceIdentity, 'ada.l')
  assert.equal((await faultOf(take(one, 'second', { SourceIdentity: 'bob' }))).code, 'AccessDenied')
})

test('a person whom a provider vouched for is known to the end of the chain', async () => {
  const issuer = await rolecall.registerIssuer()
  const first = await rolecall.createRole('entry', trusting(accountId, issuer))
  await rolecall.createRole('inner', trustOf(first))
  const entry = await assumeRole(rolecall, first, issuer.sign())
  await take(keysOf(entry), 'inner')
  const row = auditRowsIn(rolecall.dataDir).findLast(({ event }) => event === 'AssumeRole')
  assert.equal(row?.issuer, issuer.url)
  assert.equal(row?.caller_access_key_id, entry.Credentials?.AccessKeyId)
  assert.deepEqual(JSON.parse(String(row?.detail)).ancestors, [entry.Credentials?.AccessKeyId])
})

test('session policies narrow what the role may, as a document and as ARNs', async () => {
  await rolecall.createRole('broad', trustOf(adaArn))
  await setPolicy(rolecall, 'broad', allow(['iam:ListRoles', 'iam:ListUsers']))
  const may = async (answer: AssumeRoleCommandOutput) => {
    const client = rolecall.iam(keysOf(answer))
    const outcome = (call: Promise<unknown>) =>
      call.then(
        () => true,
        () => false,
      )
    return [
      await outcome(client.send(new iam.ListRolesCommand({}))),
      await outcome(client.send(new iam.ListUsersCommand({}))),
    ]
  }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: allow('iam:ListRoles') })
  assert.deepEqual(await may(await take(ada, 'broad')), [true, true])
  const narrowed = await take(ada, 'broad', { Policy })
  assert.ok((narrowed.PackedPolicySize ?? 0) > 0)
  assert.deepEqual(await may(narrowed), [true, false])
  const arn = await entities.policy('users-only', allow('iam:ListUsers'))
  assert.deepEqual(await may(await take(ada, 'broad', { PolicyArns: [{ arn }] })), [false, true])
  assert.equal((await faultOf(take(ada, 'broad', { Policy: '{' }))).code, 'MalformedPolicyDocument')
})

test('a role’s boundary narrows its sessions', async () => {
  await rolecall.createRole('bounded', trustOf(adaArn))
  await setPolicy(rolecall, 'bounded', allow('iam:List*'))
  const PermissionsBoundary = await entities.policy('roles-only', allow('iam:ListRoles'))
  await rolecall
    .iam()
    .send(new iam.PutRolePermissionsBoundaryCommand({ RoleName: 'bounded', PermissionsBoundary }))
  const client = rolecall.iam(keysOf(await take(ada, 'bounded')))
  await client.send(new iam.ListRolesCommand({}))
  const { message } = await faultOf(client.send(new iam.ListUsersCommand({})))
  assert.match(message, /because no permissions boundary allows the iam:ListUsers action/)
})

test('the SDK’s own provider takes the role and signs with what it gets', async () => {
  await rolecall.createRole('by-provider', trustOf(adaArn))
  const provide = fromTemporaryCredentials({
    masterCredentials: ada,
    params: { RoleArn: roleArn('by-provider'), RoleSessionName: 'provided' },
    clientConfig: { endpoint: rolecall.url, region: 'us-east-1' },
  })
  const { Arn } = await whoIs((await provide()) as Keys)
  assert.equal(Arn, `arn:aws:sts::${accountId}:assumed-role/by-provider/provided`)
})

test('who gets a name anew is not trusted in the place of whoever had it', async () => {
  const first = await entities.user('phoenix')
  await rolecall.createRole('trusts-phoenix', trustOf(entities.userArn('phoenix')))
  await take(first, 'trusts-phoenix')
  const UserName = 'phoenix'
  const iamRoot = rolecall.iam()
  await iamRoot.send(new iam.DeleteAccessKeyCommand({ UserName, AccessKeyId: first.accessKeyId }))
  await iamRoot.send(new iam.DeleteUserCommand({ UserName }))
  const second = await entities.user('phoenix', [allow('iam:ListRoles')])
  assert.equal((await faultOf(take(second, 'trusts-phoenix'))).code, 'AccessDenied')
  // Until the policy is written again, by somebody who means the new one.
  const PolicyDocument = JSON.stringify(trustOf(entities.userArn('phoenix')))
  await iamRoot.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: 'trusts-phoenix', PolicyDocument }))
  await take(second, 'trusts-phoenix')
})

test('a role made anew under an old name is not trusted either', async () => {
  await rolecall.createRole('old-name', trustOf(adaArn))
  await rolecall.createRole('trusts-old-name', trustOf(roleArn('old-name')))
  const before = keysOf(await take(ada, 'old-name'))
  await take(before, 'trusts-old-name')
  await rolecall.iam().send(new iam.DeleteRoleCommand({ RoleName: 'old-name' }))
  await rolecall.createRole('old-name', trustOf(adaArn))
  const after = keysOf(await take(ada, 'old-name'))
  assert.equal((await faultOf(take(after, 'trusts-old-name'))).code, 'AccessDenied')
})

test('a trust policy names nobody of this account who is not there', async () => {
  const { code, message } = await faultOf(
    rolecall.createRole('too-early', trustOf(entities.userArn('unborn'))),
  )
  assert.equal(code, 'MalformedPolicyDocument')
  assert.equal(message, `Invalid principal in policy: "AWS":"${entities.userArn('unborn')}"`)
})
