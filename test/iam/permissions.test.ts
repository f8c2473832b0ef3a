import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { createIamService } from '../../server/iam/service.ts'
import { allow, assumeRole, faultOf, keysOf, policyOf, setPolicy } from '../support/aws-calls.ts'
import { faultIn, postForm } from '../support/post-form.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const trust = trusting(accountId, issuer)
const root = rolecall.iam()
const document = policyOf(allow('iam:GetRole'))
const trustDocument = JSON.stringify(trust)

const roleArn = (name: string) => `arn:aws:iam::${accountId}:role/team/${name}`
const policyArn = (name: string) => `arn:aws:iam::${accountId}:policy/team/${name}`
const providerArn = (name: string) => `arn:aws:iam::${accountId}:oidc-provider/${name}.example`

const make = {
  nothing: async () => undefined,
  role: (name: string) =>
    root.send(
      new iam.CreateRoleCommand({ RoleName: name, Path: '/team/', AssumeRolePolicyDocument: trustDocument }),
    ),
  policy: (name: string) =>
    root.send(new iam.CreatePolicyCommand({ PolicyName: name, Path: '/team/', PolicyDocument: document })),
  provider: (name: string) =>
    root.send(new iam.CreateOpenIDConnectProviderCommand({ Url: `https://${name}.example` })),
  async roleWithPolicy(name: string) {
    await make.role(name)
    const inline = { RoleName: name, PolicyName: 'work', PolicyDocument: document }
    await root.send(new iam.PutRolePolicyCommand(inline))
  },
  async roleAndPolicy(name: string) {
    await make.role(name)
    await make.policy(name)
  },
  async policyOfTwoVersions(name: string) {
    await make.policy(name)
    await root.send(
      new iam.CreatePolicyVersionCommand({ PolicyArn: policyArn(name), PolicyDocument: document }),
    )
  },
  async attached(name: string) {
    await make.roleAndPolicy(name)
    await root.send(new iam.AttachRolePolicyCommand({ RoleName: name, PolicyArn: policyArn(name) }))
  },
}

type Row = [
  action: string,
  before: keyof typeof make,
  resource: (name: string) => string,
  call: (client: iam.IAMClient, name: string) => Promise<unknown>,
]

const inline = (name: string) => ({ RoleName: name, PolicyName: 'work' })
const pair = (name: string) => ({ RoleName: name, PolicyArn: policyArn(name) })
const version = (name: string, VersionId = 'v2') => ({ PolicyArn: policyArn(name), VersionId })
const provider = (name: string) => ({ OpenIDConnectProviderArn: providerArn(name) })

/** Every action: what must be there before, the one ARN that it acts on, and how it is asked. */
const rows: Row[] = [
  [
    'CreateRole',
    'nothing',
    roleArn,
    (client, name) =>
      client.send(
        new iam.CreateRoleCommand({
          RoleName: name,
          Path: '/team/',
          AssumeRolePolicyDocument: trustDocument,
        }),
      ),
  ],
  ['GetRole', 'role', roleArn, (client, name) => client.send(new iam.GetRoleCommand({ RoleName: name }))],
  [
    'ListRoles',
    'nothing',
    () => `arn:aws:iam::${accountId}:role/team/`,
    client => client.send(new iam.ListRolesCommand({ PathPrefix: '/team/' })),
  ],
  [
    'UpdateAssumeRolePolicy',
    'role',
    roleArn,
    (client, name) =>
      client.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: trustDocument })),
  ],
  [
    'DeleteRole',
    'role',
    roleArn,
    (client, name) => client.send(new iam.DeleteRoleCommand({ RoleName: name })),
  ],
  [
    'PutRolePolicy',
    'role',
    roleArn,
    (client, name) =>
      client.send(new iam.PutRolePolicyCommand({ ...inline(name), PolicyDocument: document })),
  ],
  [
    'GetRolePolicy',
    'roleWithPolicy',
    roleArn,
    (client, name) => client.send(new iam.GetRolePolicyCommand(inline(name))),
  ],
  [
    'DeleteRolePolicy',
    'roleWithPolicy',
    roleArn,
    (client, name) => client.send(new iam.DeleteRolePolicyCommand(inline(name))),
  ],
  [
    'ListRolePolicies',
    'role',
    roleArn,
    (client, name) => client.send(new iam.ListRolePoliciesCommand({ RoleName: name })),
  ],
  [
    'AttachRolePolicy',
    'roleAndPolicy',
    roleArn,
    (client, name) => client.send(new iam.AttachRolePolicyCommand(pair(name))),
  ],
  [
    'DetachRolePolicy',
    'attached',
    roleArn,
    (client, name) => client.send(new iam.DetachRolePolicyCommand(pair(name))),
  ],
  [
    'ListAttachedRolePolicies',
    'role',
    roleArn,
    (client, name) => client.send(new iam.ListAttachedRolePoliciesCommand({ RoleName: name })),
  ],
  [
    'CreatePolicy',
    'nothing',
    policyArn,
    (client, name) =>
      client.send(
        new iam.CreatePolicyCommand({ PolicyName: name, Path: '/team/', PolicyDocument: document }),
      ),
  ],
  [
    'GetPolicy',
    'policy',
    policyArn,
    (client, name) => client.send(new iam.GetPolicyCommand({ PolicyArn: policyArn(name) })),
  ],
  [
    'DeletePolicy',
    'policy',
    policyArn,
    (client, name) => client.send(new iam.DeletePolicyCommand({ PolicyArn: policyArn(name) })),
  ],
  ['ListPolicies', 'nothing', () => '*', client => client.send(new iam.ListPoliciesCommand())],
  [
    'ListEntitiesForPolicy',
    'policy',
    policyArn,
    (client, name) => client.send(new iam.ListEntitiesForPolicyCommand({ PolicyArn: policyArn(name) })),
  ],
  [
    'CreatePolicyVersion',
    'policy',
    policyArn,
    (client, name) =>
      client.send(
        new iam.CreatePolicyVersionCommand({ PolicyArn: policyArn(name), PolicyDocument: document }),
      ),
  ],
  [
    'GetPolicyVersion',
    'policy',
    policyArn,
    (client, name) => client.send(new iam.GetPolicyVersionCommand(version(name, 'v1'))),
  ],
  [
    'ListPolicyVersions',
    'policy',
    policyArn,
    (client, name) => client.send(new iam.ListPolicyVersionsCommand({ PolicyArn: policyArn(name) })),
  ],
  [
    'SetDefaultPolicyVersion',
    'policyOfTwoVersions',
    policyArn,
    (client, name) => client.send(new iam.SetDefaultPolicyVersionCommand(version(name))),
  ],
  [
    'DeletePolicyVersion',
    'policyOfTwoVersions',
    policyArn,
    (client, name) => client.send(new iam.DeletePolicyVersionCommand(version(name))),
  ],
  [
    'CreateOpenIDConnectProvider',
    'nothing',
    providerArn,
    (client, name) =>
      client.send(new iam.CreateOpenIDConnectProviderCommand({ Url: `https://${name}.example` })),
  ],
  [
    'GetOpenIDConnectProvider',
    'provider',
    providerArn,
    (client, name) => client.send(new iam.GetOpenIDConnectProviderCommand(provider(name))),
  ],
  [
    'ListOpenIDConnectProviders',
    'nothing',
    () => '*',
    client => client.send(new iam.ListOpenIDConnectProvidersCommand()),
  ],
  [
    'DeleteOpenIDConnectProvider',
    'provider',
    providerArn,
    (client, name) => client.send(new iam.DeleteOpenIDConnectProviderCommand(provider(name))),
  ],
]

let count = 0

/** A session of a role of its own, which has these statements for its policy. */
async function sessionWith(...statements: Parameters<typeof policyOf>): Promise<{ keys: Keys; arn: string }> {
  const name = `caller-${count++}`
  const role = await rolecall.createRole(name, trust)
  await setPolicy(rolecall, name, ...statements)
  const answer = await assumeRole(rolecall, role, issuer.sign())
  return { keys: keysOf(answer), arn: answer.AssumedRoleUser?.Arn ?? '' }
}

async function ask([, before, , call]: Row, keys: Keys, name: string): Promise<unknown> {
  await make[before](name)
  return call(rolecall.iam(keys), name)
}

test('every action of the service has its row here', () => {
  const { actions } = createIamService({} as Parameters<typeof createIamService>[0])
  assert.deepEqual(rows.map(([action]) => action).sort(), [...actions.keys()].sort())
})

for (const row of rows) {
  const [action, , resource, call] = row
  const name = action.toLowerCase()

  test(`${action}: a session that may do everything else may not`, async () => {
    const target = `${name}-1`
    const { keys, arn } = await sessionWith({ Effect: 'Allow', NotAction: `iam:${action}`, Resource: '*' })
    assert.deepEqual(await faultOf(ask(row, keys, target)), {
      code: 'AccessDenied',
      status: 403,
      message: `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource(target)} because no identity-based policy allows the iam:${action} action`,
      type: 'Sender',
    })
    // It was the permission alone, and nothing was done: the owner still can.
    await call(root, target)
  })

  test(`${action}: a session that may do this alone, on this alone, may`, async () => {
    const target = `${name}-2`
    const { keys } = await sessionWith(allow(`iam:${action}`, resource(target)))
    await ask(row, keys, target)
  })

  test(`${action}: an explicit deny wins over an allow of everything`, async () => {
    const target = `${name}-3`
    const deny = { Effect: 'Deny', Action: `iam:${action}`, Resource: resource(target) }
    const { keys, arn } = await sessionWith(allow('*'), deny)
    const { code, status, message } = await faultOf(ask(row, keys, target))
    assert.deepEqual([code, status], ['AccessDenied', 403])
    const start = `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource(target)} with an explicit deny in `
    assert.ok(message.startsWith(start), message)
    await call(root, target)
  })

  test(`${action}: a request without a signature is refused, whatever else is in it`, async () => {
    const fault = faultIn(await postForm(rolecall, { Action: action, Version: '2010-05-08' }))
    assert.deepEqual([fault.code, fault.status], ['MissingAuthenticationToken', 403])
  })
}

for (const row of rows.filter(([, , resource]) => resource('any') !== '*')) {
  const [action, , resource] = row
  test(`${action}: leave for another resource is none for this one`, async () => {
    const target = `${action.toLowerCase()}-4`
    const another = resource('another').replace('/team/', '/another-team/')
    const { keys } = await sessionWith(allow(`iam:${action}`, another))
    assert.equal((await faultOf(ask(row, keys, target))).code, 'AccessDenied')
  })
}

test('a session policy takes away what the role may, and adds nothing', async () => {
  const role = await rolecall.createRole('narrowed', trust)
  await setPolicy(rolecall, 'narrowed', allow(['iam:GetRole', 'iam:ListRoles']))
  const Policy = policyOf(allow(['iam:GetRole', 'iam:DeleteRole']))
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign(), { Policy }))
  const client = rolecall.iam(keys)
  assert.ok((await client.send(new iam.GetRoleCommand({ RoleName: 'narrowed' }))).Role)
  const faults = await Promise.all([
    faultOf(client.send(new iam.ListRolesCommand())),
    faultOf(client.send(new iam.DeleteRoleCommand({ RoleName: 'narrowed' }))),
  ])
  for (const { code } of faults) assert.equal(code, 'AccessDenied')
})
