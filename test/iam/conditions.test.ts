import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { allow, assumeRole, faultOf, keysOf, policyOf, setPolicy } from '../support/aws-calls.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const trust = trusting(accountId, issuer)
const trustDocument = JSON.stringify(trust)
const root = rolecall.iam()
const document = policyOf(allow('*'))

let count = 0

/** A client of a session whose role has these statements for its policy. */
async function clientWith(...statements: Parameters<typeof policyOf>): Promise<iam.IAMClient> {
  const name = `caller-${count++}`
  const role = await rolecall.createRole(name, trust)
  await setPolicy(rolecall, name, ...statements)
  return rolecall.iam(keysOf(await assumeRole(rolecall, role, issuer.sign())))
}

async function isDenied(call: Promise<unknown>): Promise<void> {
  assert.equal((await faultOf(call)).code, 'AccessDenied')
}

const blue = [{ Key: 'team', Value: 'blue' }]
const red = [{ Key: 'team', Value: 'red' }]
const adminArn = `arn:aws:iam::${accountId}:policy/admin`
const harmlessArn = `arn:aws:iam::${accountId}:policy/harmless`
for (const PolicyName of ['admin', 'harmless']) {
  await root.send(new iam.CreatePolicyCommand({ PolicyName, PolicyDocument: document }))
}
await rolecall.createRole('target', trust)

test('iam:PolicyARN decides on which policies may be attached and detached', async () => {
  const client = await clientWith({
    ...allow(['iam:AttachRolePolicy', 'iam:DetachRolePolicy']),
    Condition: { ArnEquals: { 'iam:PolicyARN': harmlessArn } },
  })
  for (const command of [iam.AttachRolePolicyCommand, iam.DetachRolePolicyCommand]) {
    await client.send(new command({ RoleName: 'target', PolicyArn: harmlessArn }))
    await isDenied(client.send(new command({ RoleName: 'target', PolicyArn: adminArn })))
  }
})

/** Other ways to write the ARN of `admin`, none of which a policy's author would think of. */
const spellings = [
  `arn:aws:iam:us-east-1:${accountId}:policy/admin`,
  `arn:aws-cn:iam::${accountId}:policy/admin`,
  `arn:aws:iam::${accountId}:policy//admin`,
  `arn:aws:iam::${accountId}:policy/./admin`,
  `arn:aws:iam::${accountId}:policy/ADMIN`,
  `ARN:aws:iam::${accountId}:policy/admin`,
  ` arn:aws:iam::${accountId}:policy/admin`,
]

for (const arn of spellings) {
  test(`a deny of ${adminArn} is not got around by writing "${arn}"`, async () => {
    const client = await clientWith(
      allow('*'),
      { Effect: 'Deny', Action: 'iam:*', Resource: adminArn },
      {
        Effect: 'Deny',
        Action: 'iam:AttachRolePolicy',
        Resource: '*',
        Condition: { ArnEquals: { 'iam:PolicyARN': adminArn } },
      },
    )
    const pair = { RoleName: 'target', PolicyArn: arn }
    const faults = await Promise.all([
      faultOf(client.send(new iam.GetPolicyCommand({ PolicyArn: arn }))),
      faultOf(client.send(new iam.AttachRolePolicyCommand(pair))),
      faultOf(client.send(new iam.DeletePolicyCommand({ PolicyArn: arn }))),
    ])
    for (const { code } of faults) {
      assert.ok(['NoSuchEntity', 'ValidationError', 'AccessDenied'].includes(code), code)
    }
    const attached = await root.send(new iam.ListAttachedRolePoliciesCommand({ RoleName: 'target' }))
    assert.deepEqual(attached.AttachedPolicies, [])
    assert.ok(await root.send(new iam.GetPolicyCommand({ PolicyArn: adminArn })))
  })
}

test('aws:ResourceTag and iam:ResourceTag decide by the tags that a role has', async () => {
  for (const [RoleName, Tags] of [
    ['of-blue', blue],
    ['of-red', red],
    ['of-nobody', []],
  ] as const) {
    const asked = { RoleName, AssumeRolePolicyDocument: trustDocument, Tags: [...Tags] }
    await root.send(new iam.CreateRoleCommand(asked))
  }
  for (const key of ['aws:ResourceTag/team', 'iam:ResourceTag/Team']) {
    const condition = { StringEquals: { [key]: 'blue' } }
    const client = await clientWith({ ...allow('iam:GetRole'), Condition: condition })
    assert.ok(await client.send(new iam.GetRoleCommand({ RoleName: 'of-blue' })))
    for (const RoleName of ['of-red', 'of-nobody', 'not-there']) {
      await isDenied(client.send(new iam.GetRoleCommand({ RoleName })))
    }
  }
})

test('aws:RequestTag and aws:TagKeys decide on what may be made with which tags', async () => {
  const client = await clientWith({
    ...allow(['iam:Create*', 'iam:Tag*']),
    Condition: {
      StringEquals: { 'aws:RequestTag/team': 'blue' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
    },
  })
  const more = [...blue, { Key: 'admin', Value: 'yes' }]
  const makers = [
    (Tags: iam.Tag[], n: number) => {
      const asked = { RoleName: `made-${n}`, AssumeRolePolicyDocument: trustDocument, Tags }
      return client.send(new iam.CreateRoleCommand(asked))
    },
    (Tags: iam.Tag[], n: number) => {
      const asked = { PolicyName: `made-${n}`, PolicyDocument: document, Tags }
      return client.send(new iam.CreatePolicyCommand(asked))
    },
    (Tags: iam.Tag[], n: number) => {
      const asked = { Url: `https://made-${n}.example`, Tags }
      return client.send(new iam.CreateOpenIDConnectProviderCommand(asked))
    },
  ]
  for (const make of makers) {
    await make(blue, 1)
    for (const [n, tags] of [red, more, []].entries()) await isDenied(make(tags, n + 2))
  }
})

test('whoever may create but not tag creates nothing with tags', async () => {
  const client = await clientWith(allow('iam:Create*'), { ...allow('iam:Tag*'), Effect: 'Deny' })
  await client.send(new iam.CreateRoleCommand({ RoleName: 'plain', AssumeRolePolicyDocument: trustDocument }))
  for (const made of [
    new iam.CreateRoleCommand({ RoleName: 'tagged', AssumeRolePolicyDocument: trustDocument, Tags: blue }),
    new iam.CreatePolicyCommand({ PolicyName: 'tagged', PolicyDocument: document, Tags: blue }),
    new iam.CreateOpenIDConnectProviderCommand({ Url: 'https://tagged.example', Tags: blue }),
  ]) {
    await isDenied(client.send(made as iam.CreateRoleCommand))
  }
})

test('leave for everything on a path reaches what lies on it, and nothing beside it', async () => {
  for (const [RoleName, Path] of [
    ['inside', '/team/'],
    ['deeper', '/team/night/'],
    ['beside', '/teams/'],
    ['outside', '/'],
  ] as const) {
    const asked = { RoleName, Path, AssumeRolePolicyDocument: trustDocument }
    await root.send(new iam.CreateRoleCommand(asked))
  }
  const client = await clientWith(allow('iam:GetRole', `arn:aws:iam::${accountId}:role/team/*`))
  for (const RoleName of ['inside', 'deeper']) {
    assert.ok(await client.send(new iam.GetRoleCommand({ RoleName })))
  }
  for (const RoleName of ['beside', 'outside', 'not-there']) {
    await isDenied(client.send(new iam.GetRoleCommand({ RoleName })))
  }
})
