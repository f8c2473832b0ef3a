import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreatePolicyCommand,
  DeletePolicyCommand,
  GetRoleCommand,
  ListOpenIDConnectProvidersCommand,
  ListRolesCommand,
} from '@aws-sdk/client-iam'
import type { PolicyDescriptorType } from '@aws-sdk/client-sts'
import { allow, assumeRole, faultOf, keysOf, policyOf, setPolicy } from '../support/aws-calls.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const role = await rolecall.createRole('worker', trusting(accountId, issuer))
await setPolicy(rolecall, 'worker', allow(['iam:GetRole', 'iam:ListRoles']))

async function createPolicy(name: string, ...statements: object[]): Promise<{ arn: string }> {
  const PolicyDocument = policyOf(...(statements as ReturnType<typeof allow>[]))
  const command = new CreatePolicyCommand({ PolicyName: name, Path: '/session/', PolicyDocument })
  const { Policy } = await rolecall.iam().send(command)
  return { arn: Policy?.Arn ?? '' }
}

const getOnly = await createPolicy('get-only', allow('iam:GetRole'))
const listOnly = await createPolicy('list-only', allow('iam:ListRoles'))
const everything = await createPolicy('everything', allow('*'))
const noList = await createPolicy('no-list', allow('*'), {
  Effect: 'Deny',
  Action: 'iam:ListRoles',
  Resource: '*',
})

/** Which of three actions these keys may do: two that the role has, and one that it lacks. */
async function abilities(keys: Keys): Promise<string[]> {
  const iam = rolecall.iam(keys)
  const calls = {
    GetRole: () => iam.send(new GetRoleCommand({ RoleName: 'worker' })),
    ListRoles: () => iam.send(new ListRolesCommand()),
    ListOpenIDConnectProviders: () => iam.send(new ListOpenIDConnectProvidersCommand()),
  }
  const able: string[] = []
  for (const [name, call] of Object.entries(calls)) {
    const code = await call().then(
      () => undefined,
      (error: { Code?: string }) => error.Code,
    )
    if (code === undefined) able.push(name)
    else assert.equal(code, 'AccessDenied')
  }
  return able
}

type Asked = { Policy?: string; PolicyArns?: PolicyDescriptorType[] }

const narrowings: [story: string, asked: Asked, expected: string[]][] = [
  ['without session policies has what the role has', {}, ['GetRole', 'ListRoles']],
  [
    'narrowed inline has what both the role and the policy allow',
    { Policy: policyOf(allow(['iam:GetRole', 'iam:ListOpenIDConnectProviders'])) },
    ['GetRole'],
  ],
  [
    'whose inline policy allows everything has no more than the role',
    { Policy: policyOf(allow('*')) },
    ['GetRole', 'ListRoles'],
  ],
  [
    'whose inline policy denies one thing lacks it',
    { Policy: policyOf(allow('*'), { Effect: 'Deny', Action: 'iam:GetRole', Resource: '*' }) },
    ['ListRoles'],
  ],
  [
    'whose inline policy names another resource may do nothing',
    { Policy: policyOf(allow('iam:*', rolecall.roleArn('another'))) },
    [],
  ],
  ['narrowed by a managed policy has what both allow', { PolicyArns: [getOnly] }, ['GetRole']],
  [
    'narrowed by two managed policies has what either allows',
    { PolicyArns: [getOnly, listOnly] },
    ['GetRole', 'ListRoles'],
  ],
  [
    'narrowed inline and by a managed policy has what either allows',
    { PolicyArns: [getOnly], Policy: policyOf(allow('iam:ListRoles')) },
    ['GetRole', 'ListRoles'],
  ],
  [
    'with a managed policy that allows everything has no more than the role',
    { PolicyArns: [everything] },
    ['GetRole', 'ListRoles'],
  ],
  [
    'with a denying managed policy lacks what it denies, whatever else allows it',
    { PolicyArns: [noList], Policy: policyOf(allow('iam:ListRoles')) },
    ['GetRole'],
  ],
]

for (const [story, asked, expected] of narrowings) {
  test(`a session ${story}`, async () => {
    const answer = await assumeRole(rolecall, role, issuer.sign(), asked)
    assert.deepEqual(await abilities(keysOf(answer)), expected)
    // A whole percentage, and there only when there was something to pack.
    const { PackedPolicySize: packed } = answer
    if (Object.keys(asked).length === 0) assert.equal(packed, undefined)
    else assert.ok(Number.isInteger(packed) && Number(packed) > 0 && Number(packed) <= 100, String(packed))
  })
}

test('a managed policy that is deleted leaves its sessions with nothing, not with everything', async () => {
  const { arn } = await createPolicy('passing', allow('iam:GetRole'))
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign(), { PolicyArns: [{ arn }] }))
  assert.deepEqual(await abilities(keys), ['GetRole'])
  await rolecall.iam().send(new DeletePolicyCommand({ PolicyArn: arn }))
  assert.deepEqual(await abilities(keys), [])
})

test('one broken managed policy beside a sound one leaves nothing either', async () => {
  const { arn } = await createPolicy('passing-too', allow('iam:GetRole'))
  const asked = { PolicyArns: [{ arn }, everything] }
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign(), asked))
  await rolecall.iam().send(new DeletePolicyCommand({ PolicyArn: arn }))
  assert.deepEqual(await abilities(keys), [])
})

const long = policyOf(allow('iam:GetRole', `arn:aws:iam::${accountId}:role/${'x'.repeat(1900)}`))
assert.ok(long.length <= 2048)

const refused: [story: string, asked: Asked, code: string, message: RegExp][] = [
  ['is no JSON', { Policy: '{' }, 'MalformedPolicyDocument', /^This policy contains invalid Json$/],
  [
    'names a principal',
    { Policy: policyOf({ ...allow('iam:GetRole'), Principal: '*' }) },
    'MalformedPolicyDocument',
    /principal/,
  ],
  [
    'names no resource',
    { Policy: policyOf({ Effect: 'Allow', Action: 'iam:GetRole' }) },
    'MalformedPolicyDocument',
    /Resource/,
  ],
  [
    'is longer, with the ARNs beside it, than 2048 characters',
    { Policy: long, PolicyArns: [getOnly] },
    'PackedPolicyTooLarge',
    /^Packed size of policies and tags consumes 1\d\d% of the allotted space\.$/,
  ],
  [
    'is a managed one that is not there',
    { PolicyArns: [{ arn: `arn:aws:iam::${accountId}:policy/session/not-there` }] },
    'ValidationError',
    /not-there/,
  ],
  [
    'is a managed one on another path',
    { PolicyArns: [{ arn: `arn:aws:iam::${accountId}:policy/get-only` }] },
    'ValidationError',
    /get-only/,
  ],
  [
    'is a managed one of another account',
    { PolicyArns: [{ arn: 'arn:aws:iam::999999999999:policy/session/get-only' }] },
    'ValidationError',
    /get-only/,
  ],
  ['is the ARN of a role', { PolicyArns: [{ arn: role }] }, 'ValidationError', /is invalid/],
]

for (const [story, asked, code, message] of refused) {
  test(`a session policy that ${story} is refused: ${code}`, async () => {
    const fault = await faultOf(assumeRole(rolecall, role, issuer.sign(), asked))
    assert.deepEqual([fault.code, fault.status], [code, 400])
    assert.match(fault.message, message)
  })
}
