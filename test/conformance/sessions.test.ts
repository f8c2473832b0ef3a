import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  ListRolesCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { allow, assumeRole, faultOf, keysOf, policyOf, setPolicy } from '../support/aws-calls.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const trust = trusting(accountId, issuer)

const whoAmI = (keys?: Keys) => rolecall.sts(keys).send(new GetCallerIdentityCommand())

test('GetCallerIdentity tells the owner’s key that it is the account’s root', async () => {
  const { $metadata, ...caller } = await whoAmI()
  assert.deepEqual(caller, {
    Account: accountId,
    UserId: accountId,
    Arn: `arn:aws:iam::${accountId}:root`,
  })
})

test('GetCallerIdentity tells temporary keys their role and session, even where a policy denies everything', async () => {
  const role = await rolecall.createRole('nobody-much', trust)
  await setPolicy(rolecall, 'nobody-much', { Effect: 'Deny', Action: '*', Resource: '*' })
  const answer = await assumeRole(rolecall, role, issuer.sign())
  const { $metadata, ...caller } = await whoAmI(keysOf(answer))
  assert.deepEqual(caller, {
    Account: accountId,
    UserId: answer.AssumedRoleUser?.AssumedRoleId,
    Arn: answer.AssumedRoleUser?.Arn,
  })
})

/** As much of the SDK's own signer as its types do not show. */
type Presigner = {
  presign(
    request: object,
    options: { expiresIn: number },
  ): Promise<{ path: string; query: Record<string, string> }>
}

async function presignedUrl(client: STSClient): Promise<string> {
  const signer = (await client.config.signer()) as unknown as Presigner
  const query = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
  const where = { protocol: 'http:', hostname: '127.0.0.1', port: rolecall.port, path: '/' }
  const headers = { host: `127.0.0.1:${rolecall.port}` }
  const signed = await signer.presign({ ...where, method: 'GET', query, headers }, { expiresIn: 60 })
  return `http://127.0.0.1:${rolecall.port}/?${new URLSearchParams(signed.query)}`
}

test('a URL that the SDK presigned says whose keys signed it, to whoever holds the URL', async () => {
  const role = await rolecall.createRole('presigner', trust)
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign()))
  for (const [client, arn] of [
    [rolecall.sts(), `arn:aws:iam::${accountId}:root`],
    [rolecall.sts(keys), `arn:aws:sts::${accountId}:assumed-role/presigner/ada`],
  ] as const) {
    const answer = await fetch(await presignedUrl(client))
    assert.equal(answer.status, 200)
    assert.ok((await answer.text()).includes(`<Arn>${arn}</Arn>`))
  }
})

for (const [story, from, to] of [
  ['last a week', 'X-Amz-Expires=60', 'X-Amz-Expires=604800'],
  [
    'ask another service',
    'Action=GetCallerIdentity&Version=2011-06-15',
    'Action=ListRoles&Version=2010-05-08',
  ],
  ['carry one parameter more', '?', '?DurationSeconds=43200&'],
] as const) {
  test(`a presigned URL can’t be made to ${story}`, async () => {
    const url = await presignedUrl(rolecall.sts())
    assert.ok(url.includes(from))
    const answer = await fetch(url.replace(from, to))
    assert.equal(answer.status, 403)
    assert.match(await answer.text(), /<Code>SignatureDoesNotMatch<\/Code>/)
  })
}

test('a role gives no session longer than its MaxSessionDuration, and as long as that', async () => {
  const role = await rolecall.createRole('two-hours', trust, { MaxSessionDuration: 7200 })
  const most = await assumeRole(rolecall, role, issuer.sign(), { DurationSeconds: 7200 })
  assert.ok(Number(most.Credentials?.Expiration) > Date.now() + 7_000_000)
  const fault = await faultOf(assumeRole(rolecall, role, issuer.sign(), { DurationSeconds: 7201 }))
  assert.deepEqual(fault, {
    code: 'ValidationError',
    status: 400,
    message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    type: 'Sender',
  })
})

test('a session outlives the token that it was got with, and ends when it said it would', async () => {
  const clocked = await startRolecall()
  const registered = await clocked.registerIssuer()
  const role = await clocked.createRole('short', trusting(clocked.accountId, registered))
  const soon = Math.floor(Date.now() / 1000) + 60
  const answer = await assumeRole(clocked, role, registered.sign({ exp: soon }), { DurationSeconds: 900 })
  const credentials = keysOf(answer)
  const endpoint = `http://127.0.0.1:${clocked.port}`
  const later = (ms: number) => {
    clocked.advanceMs(ms)
    const client = new STSClient({ endpoint, region: 'us-east-1', credentials, systemClockOffset: ms })
    return client.send(new GetCallerIdentityCommand())
  }
  assert.ok((await later(840_000)).Arn)
  clocked.advanceMs(-840_000)
  const fault = await faultOf(later(901_000))
  assert.deepEqual([fault.code, fault.status], ['ExpiredToken', 403])
})

test('deleting a role ends its sessions, and a role made again under its name does not revive them', async () => {
  const role = await rolecall.createRole('phoenix', trust)
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign()))
  assert.ok((await whoAmI(keys)).Arn)
  await rolecall.iam().send(new DeleteRoleCommand({ RoleName: 'phoenix' }))
  const gone = await faultOf(whoAmI(keys))
  assert.deepEqual([gone.code, gone.status], ['InvalidClientTokenId', 403])
  assert.equal(await rolecall.createRole('phoenix', trust), role)
  assert.equal((await faultOf(whoAmI(keys))).code, 'InvalidClientTokenId')
})

test('a trust policy that is edited leaves live sessions alone, and decides on the next one', async () => {
  const role = await rolecall.createRole('reformed', trust)
  await setPolicy(rolecall, 'reformed', allow('iam:GetRole'))
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign()))
  const nobody = policyOf({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' })
  const edit = new UpdateAssumeRolePolicyCommand({ RoleName: 'reformed', PolicyDocument: nobody })
  await rolecall.iam().send(edit)
  assert.ok((await rolecall.iam(keys).send(new GetRoleCommand({ RoleName: 'reformed' }))).Role)
  assert.equal((await faultOf(assumeRole(rolecall, role, issuer.sign()))).code, 'AccessDenied')
})

test('permissions that are given or taken act at once on sessions that are out', async () => {
  const role = await rolecall.createRole('shifting', trust)
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign()))
  const list = () => rolecall.iam(keys).send(new ListRolesCommand())
  assert.equal((await faultOf(list())).code, 'AccessDenied')
  await setPolicy(rolecall, 'shifting', allow('iam:ListRoles'))
  assert.ok((await list()).Roles)
  await setPolicy(rolecall, 'shifting', allow('iam:ListRoles'), {
    Effect: 'Deny',
    Action: 'iam:*',
    Resource: '*',
  })
  assert.equal((await faultOf(list())).code, 'AccessDenied')
  await setPolicy(rolecall, 'shifting', allow('iam:ListRoles'))
  assert.ok((await list()).Roles)
  const taken = new DeleteRolePolicyCommand({ RoleName: 'shifting', PolicyName: 'work' })
  await rolecall.iam().send(taken)
  assert.equal((await faultOf(list())).code, 'AccessDenied')
})

test('sessions from before a moment are revoked as AWS’s console does it, by aws:TokenIssueTime', async () => {
  const role = await rolecall.createRole('revoked', trust)
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign()))
  const list = () => rolecall.iam(keys).send(new ListRolesCommand())
  const revokeBefore = (moment: number) =>
    setPolicy(rolecall, 'revoked', allow('iam:ListRoles'), {
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(moment).toISOString() } },
    })
  await revokeBefore(Date.now() - 3_600_000)
  assert.ok((await list()).Roles)
  await revokeBefore(Date.now() + 3_600_000)
  assert.equal((await faultOf(list())).code, 'AccessDenied')
})
