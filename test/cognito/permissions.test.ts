import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as cognito from '@aws-sdk/client-cognito-identity'
import { createCognitoService } from '../../server/cognito/service.ts'
import { allow, assumeRole, faultOf, keysOf, type policyOf, setPolicy } from '../support/aws-calls.ts'
import { makePool } from '../support/identity-pool.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { signRequest } from '../support/sign-request.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const trust = trusting(accountId, issuer)

type Input = { [parameter: string]: unknown }
type Target = { pool: Awaited<ReturnType<typeof makePool>>; identityId: string }
type Row = [action: string, resource: 'pool' | '*', input: (target: Target) => Input]

const inPool = ({ pool }: Target) => ({ IdentityPoolId: pool.id })
const made = { IdentityPoolName: 'made', AllowUnauthenticatedIdentities: false }
const DeveloperProviderName = 'login.my.app'
const Logins = { [DeveloperProviderName]: 'ada' }

const rows: Row[] = [
  ['CreateIdentityPool', '*', () => made],
  ['DeleteIdentities', 'pool', ({ identityId }) => ({ IdentityIdsToDelete: [identityId] })],
  ['DeleteIdentityPool', 'pool', inPool],
  ['DescribeIdentity', 'pool', ({ identityId }) => ({ IdentityId: identityId })],
  ['DescribeIdentityPool', 'pool', inPool],
  ['GetIdentityPoolRoles', 'pool', inPool],
  ['GetOpenIdTokenForDeveloperIdentity', 'pool', target => ({ ...inPool(target), Logins })],
  [
    'GetPrincipalTagAttributeMap',
    'pool',
    target => ({ ...inPool(target), IdentityProviderName: 'x.example' }),
  ],
  ['ListIdentities', 'pool', target => ({ ...inPool(target), MaxResults: 1 })],
  ['ListIdentityPools', '*', () => ({ MaxResults: 1 })],
  ['ListTagsForResource', 'pool', ({ pool }) => ({ ResourceArn: pool.arn })],
  ['LookupDeveloperIdentity', 'pool', target => ({ ...inPool(target), DeveloperUserIdentifier: 'ada' })],
  [
    'MergeDeveloperIdentities',
    'pool',
    target => ({
      ...inPool(target),
      DeveloperProviderName,
      SourceUserIdentifier: 'bo',
      DestinationUserIdentifier: 'ada',
    }),
  ],
  ['SetIdentityPoolRoles', 'pool', target => ({ ...inPool(target), Roles: {} })],
  [
    'SetPrincipalTagAttributeMap',
    'pool',
    target => ({ ...inPool(target), IdentityProviderName: 'x.example' }),
  ],
  ['TagResource', 'pool', ({ pool }) => ({ ResourceArn: pool.arn, Tags: { team: 'blue' } })],
  [
    'UnlinkDeveloperIdentity',
    'pool',
    target => ({
      ...inPool(target),
      IdentityId: target.identityId,
      DeveloperProviderName,
      DeveloperUserIdentifier: 'ada',
    }),
  ],
  ['UntagResource', 'pool', ({ pool }) => ({ ResourceArn: pool.arn, TagKeys: ['team'] })],
  ['UpdateIdentityPool', 'pool', target => ({ ...inPool(target), ...made, DeveloperProviderName })],
]
/** Whoever is asked to show a login, or knows a guest's id, shows that. */
const unsigned = ['GetCredentialsForIdentity', 'GetId', 'GetOpenIdToken', 'UnlinkIdentity']

let count = 0

async function sessionWith(...statements: Parameters<typeof policyOf>): Promise<{ keys: Keys; arn: string }> {
  const name = `caller-${count++}`
  const role = await rolecall.createRole(name, trust)
  await setPolicy(rolecall, name, ...statements)
  const answer = await assumeRole(rolecall, role, issuer.sign())
  return { keys: keysOf(answer), arn: answer.AssumedRoleUser?.Arn ?? '' }
}

/** A pool with two people of its developer's. */
async function makeTarget(): Promise<Target> {
  const pool = await makePool(rolecall, [], { DeveloperProviderName })
  const ids: string[] = []
  for (const user of ['ada', 'bo']) {
    const asked = { IdentityPoolId: pool.id, Logins: { [DeveloperProviderName]: user } }
    const command = new cognito.GetOpenIdTokenForDeveloperIdentityCommand(asked)
    ids.push((await rolecall.cognito().send(command)).IdentityId ?? '')
  }
  return { pool, identityId: ids[0] ?? '' }
}

function ask(action: string, keys: Keys, input: Input): Promise<unknown> {
  const commands = cognito as unknown as Record<string, new (input: Input) => cognito.GetIdCommand>
  const Command = commands[`${action}Command`]
  assert.ok(Command, `the SDK has no ${action}`)
  return rolecall.cognito(keys).send(new Command(input))
}

test('every action of the service has its row here, or is open to all', () => {
  const { actions } = createCognitoService({} as Parameters<typeof createCognitoService>[0])
  assert.deepEqual([...rows.map(([action]) => action), ...unsigned].sort(), [...actions.keys()].sort())
})

for (const [action, on, input] of rows) {
  test(`${action}: a session that may do everything else may not`, async () => {
    const target = await makeTarget()
    const notAction = { Effect: 'Allow', NotAction: `cognito-identity:${action}`, Resource: '*' }
    const { keys, arn } = await sessionWith(notAction)
    const { message, code, status } = await faultOf(ask(action, keys, input(target)))
    assert.deepEqual({ code, status }, { code: 'AccessDeniedException', status: 400 })
    const resource = on === '*' ? '*' : target.pool.arn
    assert.ok(
      message.startsWith(
        `User: ${arn} is not authorized to perform: cognito-identity:${action} on resource: ${resource} because`,
      ),
      message,
    )
  })

  test(`${action}: a session that may do this alone, there alone, may`, async () => {
    const target = await makeTarget()
    const resource = on === '*' ? '*' : target.pool.arn
    const { keys } = await sessionWith(allow(`cognito-identity:${action}`, resource))
    await ask(action, keys, input(target))
    if (on === 'pool') {
      const other = await makeTarget()
      assert.equal((await faultOf(ask(action, keys, input(other)))).code, 'AccessDeniedException')
    }
  })
}

for (const action of unsigned) {
  test(`${action} asks for no signature`, async () => {
    const { pool, identityId } = await makeTarget()
    const inputs: Record<string, object> = {
      GetId: { IdentityPoolId: pool.id },
      UnlinkIdentity: { IdentityId: identityId, Logins: {}, LoginsToRemove: [] },
    }
    const answer = await fetch(`http://127.0.0.1:${rolecall.port}/`, {
      method: 'POST',
      body: JSON.stringify(inputs[action] ?? { IdentityId: identityId }),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityService.${action}`,
      },
    })
    const { __type: code } = Object(await answer.json())
    assert.ok(code === undefined || /^(NotAuthorized|InvalidParameter)Exception$/.test(code), code)
  })
}

for (const [service, code] of [
  ['cognito-identity', undefined],
  ['sts', 'InvalidSignatureException'],
] as const) {
  test(`a signature for ${service} is answered with ${code ?? 'what was asked'}`, async () => {
    const url = `http://127.0.0.1:${rolecall.port}/`
    const body = '{"MaxResults":1}'
    const { accessKeyId, secretAccessKey: secret } = rolecall.rootKeys
    const headers = {
      host: new URL(url).host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityService.ListIdentityPools',
    }
    const signed = signRequest({ accessKeyId, secret, at: new Date(), service, body, headers })
    const sent = Object.entries(signed.headers).map(([name, [value = ''] = []]) => [name, value] as const)
    const answer = await fetch(url, { method: 'POST', body, headers: Object.fromEntries(sent) })
    assert.equal(Object(await answer.json()).__type, code)
  })
}
