import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts'
import type { MappingRule } from '../../server/base/role-mapping.ts'
import { allow } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { makePool } from '../support/identity-pool.ts'
import { faultIn, resultIn } from '../support/post-form.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { postSigned } from '../support/signed-form.ts'
import { until } from '../support/until.ts'

const rolecall = await startRolecall()
const { accountId, roleArn } = rolecall
const issuer = await rolecall.registerIssuer()
const name = issuer.url.replace('http://', '')
const provider = `arn:aws:iam::${accountId}:oidc-provider/${name}`
const dev = await rolecall.createRole('dev', trusting(accountId, issuer))
const admin = await rolecall.createRole(
  'admin',
  trusting(accountId, issuer, { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }),
)
const rule = (claim: string, matchType: MappingRule['matchType'], value: string, arn: string) => ({
  claim,
  matchType,
  value,
  roleArn: arn,
})
const rules = [
  rule('Groups', 'Equals', 'admins', admin),
  rule('groups', 'Contains', 'dev', dev),
  rule('department', 'NotEqual', 'external', roleArn('gone')),
]
const { roleMappings } = rolecall.rolecall.store
await roleMappings.put({ provider, mapping: { type: 'Rules', ambiguous: 'Deny', rules } })

const simulate = (claims: object | string, form: Record<string, string> = {}, keys?: Keys) => {
  const Claims = typeof claims === 'string' ? claims : JSON.stringify(claims)
  const asked = { Action: 'SimulateRoleMapping', Version: '2010-05-08', Provider: provider, Claims, ...form }
  return postSigned(rolecall, 'iam', asked, keys)
}
const judged = async (...asked: Parameters<typeof simulate>) =>
  resultIn('SimulateRoleMapping', await simulate(...asked))
const membersOf = (list: unknown): Record<string, unknown>[] => [Object(list).member ?? []].flat()

describe('what a mapping makes of a sample', () => {
  test('is told of each rule, of the role and of the trust policies', async () => {
    const answer = await judged({ sub: 'ada', groups: ['developers', 'x'], department: 'it' })
    assert.deepEqual(
      membersOf(answer.Rules).map(one => [one.Claim, one.Value, one.Matches, one.ClaimValues]),
      [
        ['groups', 'admins', 'false', { member: ['developers', 'x'] }],
        ['groups', 'dev', 'true', { member: ['developers', 'x'] }],
        ['department', 'external', 'true', { member: 'it' }],
      ],
    )
    assert.deepEqual([answer.Outcome, answer.FiringRule, answer.RoleARN], ['Rule', '2', dev])
    assert.deepEqual(membersOf(answer.Trusts), [
      { RoleARN: dev, Admits: 'true' },
      { RoleARN: roleArn('gone'), Admits: 'false', Reason: 'there is no such role' },
    ])
  })

  test('goes by the address that is asked about, else by the caller’s own', async () => {
    const admins = { groups: 'admins' }
    const [here] = membersOf((await judged(admins)).Trusts)
    assert.equal(here?.Admits, 'false')
    assert.match(String(here?.Reason), /IpAddress/)
    const [there] = membersOf((await judged(admins, { SourceIp: '192.0.2.7' })).Trusts)
    assert.deepEqual(there, { RoleARN: admin, Admits: 'true' })
  })

  for (const SourceIp of [
    '192.0.2',
    '192.0.2.300',
    '0192.0.2.7',
    '3221225991',
    '192.0.2.7:80',
    '::ffff:',
    'cafe',
  ])
    test(`is nothing for ${SourceIp}, which is no address and would pass where a network is kept out`, async () => {
      const fault = faultIn(await simulate({ groups: 'admins' }, { SourceIp }))
      assert.deepEqual([fault.code, fault.message], ['InvalidInput', 'SourceIp is no IP address'])
    })

  test('is told for addresses of either kind', async () => {
    for (const [SourceIp, admits] of [
      ['192.0.2.255', 'true'],
      ['::ffff:192.0.2.7', 'true'],
      ['2001:db8::7', 'false'],
    ] as const) {
      const [trust] = membersOf((await judged({ groups: 'admins' }, { SourceIp })).Trusts)
      assert.equal(trust?.Admits, admits, SourceIp)
    }
  })

  test('is told to be denied, the default, or by the token', async () => {
    const other = `arn:aws:iam::${accountId}:oidc-provider/other.example`
    const outcome = async (claims: object) => {
      const { Outcome, RoleARN, FiringRule } = await judged(claims, { Provider: other })
      return [Outcome, RoleARN, FiringRule]
    }
    await roleMappings.put({ provider: other, mapping: { type: 'Token', ambiguous: 'Deny' } })
    assert.deepEqual(await outcome({ 'cognito:roles': [dev, admin] }), ['Ambiguous', undefined, undefined])
    assert.deepEqual(await outcome({ 'cognito:roles': [dev] }), ['OnlyRole', dev, undefined])
    const preferred = { 'cognito:roles': [dev, admin], 'cognito:preferred_role': admin }
    assert.deepEqual(await outcome(preferred), ['PreferredRole', admin, undefined])
    const mapping = { type: 'Token', ambiguous: 'AuthenticatedRole' } as const
    await roleMappings.put({ provider: other, mapping, defaultRole: dev })
    assert.deepEqual(await outcome({}), ['Default', dev, undefined])
  })

  test('is told of an identity pool’s mapping as well', async () => {
    const pool = await makePool(rolecall, [issuer])
    const Rules = [{ Claim: 'plan', MatchType: 'StartsWith' as const, Value: 'paid', RoleARN: dev }]
    await pool.setRoles({
      Roles: {},
      RoleMappings: {
        [provider]: { Type: 'Rules', AmbiguousRoleResolution: 'Deny', RulesConfiguration: { Rules } },
      },
    })
    const answer = await judged({ plan: 'paid-year' }, { IdentityPoolId: pool.id })
    assert.deepEqual([answer.Outcome, answer.RoleARN], ['Rule', dev])
    const may = [
      allow(
        'iam:SimulateRoleMapping',
        `arn:aws:cognito-identity:us-east-1:${accountId}:identitypool/${pool.id}`,
      ),
      allow(['cognito-identity:GetIdentityPoolRoles', 'iam:GetRole']),
    ]
    const entities = entitiesOf(rolecall)
    const asked = [{ plan: 'paid' }, { IdentityPoolId: pool.id }] as const
    assert.equal((await simulate(...asked, await entities.user('pools', may))).status, 200)
    const denied = faultIn(await simulate(...asked, await entities.user('no-pools', may.slice(1))))
    assert.match(denied.message, /iam:SimulateRoleMapping on resource: .*identitypool/)
    const unread = faultIn(await simulate(...asked, await entities.user('unread-pools', may.slice(0, 1))))
    assert.match(unread.message, /cognito-identity:GetIdentityPoolRoles/)
  })

  for (const [story, claims, code, says] of [
    ['no JSON', '{"groups": [}', 'InvalidInput', /line 1, column 13: a value or \] is expected/],
    ['no object', '["admins"]', 'InvalidInput', /an object is expected/],
    [
      'claims that no proof may have',
      { groups: 'x', GROUPS: 'y' },
      'InvalidInput',
      /No proof of this provider/,
    ],
    [
      'more than a token holds',
      `{"a": "${'x'.repeat(20_000)}"}`,
      'ValidationError',
      /less than or equal to 20000/,
    ],
  ] as const) {
    test(`of ${story} it is told what is wrong`, async () => {
      const fault = faultIn(await simulate(claims))
      assert.deepEqual([fault.code, fault.status], [code, 400])
      assert.match(fault.message, says)
    })
  }

  test('is nothing where there is no mapping', async () => {
    for (const Provider of [`${provider}.other`, 'nobody', name]) {
      assert.equal(faultIn(await simulate({}, { Provider })).code, 'NoSuchEntity')
    }
    const IdentityPoolId = 'us-east-1:00000000-0000-4000-8000-000000000000'
    assert.equal(faultIn(await simulate({}, { IdentityPoolId })).code, 'NoSuchEntity')
  })
})

test('a provider that is called as another one’s name is not asked about in its place', async () => {
  for (const one of ['accounts.google.com', 'graph.facebook.com']) {
    const arnOf = (kind: string) => `arn:aws:iam::${accountId}:${kind}-provider/${one}`
    await roleMappings.put({ provider: arnOf('saml'), mapping: { type: 'Token', ambiguous: 'Deny' } })
    const may = [
      allow(['iam:SimulateRoleMapping', 'iam:GetProviderRoleMapping'], arnOf('oidc')),
      allow('iam:GetRole'),
    ]
    const keys = await entitiesOf(rolecall).user(`for-${one}`, may)
    for (const Provider of [one, arnOf('oidc')])
      assert.equal(faultIn(await simulate({}, { Provider }, keys)).code, 'NoSuchEntity')
    assert.equal(faultIn(await simulate({}, { Provider: arnOf('saml') }, keys)).code, 'AccessDenied')
    assert.equal((await simulate({}, { Provider: arnOf('saml') })).status, 200)
  }
})

describe('whoever asks', () => {
  const entities = entitiesOf(rolecall)
  const developer = { groups: 'dev' }
  const needed = [
    ['iam:SimulateRoleMapping', provider],
    ['iam:GetProviderRoleMapping', provider],
    ['iam:GetRole', dev],
  ] as const

  test('needs this permission, to read the mapping, and to read the roles that it would give', async () => {
    const all = needed.map(([action, resource]) => allow(action, resource))
    assert.equal((await simulate(developer, {}, await entities.user('all', all))).status, 200)
    for (const [index, [action, resource]] of needed.entries()) {
      const keys = await entities.user(`lacks-${index}`, all.toSpliced(index, 1))
      const { code, message } = faultIn(await simulate(developer, {}, keys))
      assert.equal(code, 'AccessDenied')
      assert.ok(message.includes(`${action} on resource: ${resource} `), message)
    }
  })

  test('and may not, does not learn whether there is a mapping or what is wrong with the claims', async () => {
    const keys = await entities.user('nothing')
    for (const Provider of [provider, `${provider}.other`]) {
      for (const claims of [developer, 'no json', { 'cognito:roles': [admin] }]) {
        const { code, message } = faultIn(await simulate(claims, { Provider }, keys))
        assert.equal(code, 'AccessDenied')
        assert.ok(message.includes(`iam:SimulateRoleMapping on resource: ${Provider} `), message)
      }
    }
  })

  test('can’t get around a deny by a token that names the role', async () => {
    const Provider = `arn:aws:iam::${accountId}:oidc-provider/token.example`
    await roleMappings.put({ provider: Provider, mapping: { type: 'Token', ambiguous: 'Deny' } })
    const deny = { Effect: 'Deny', Action: 'iam:GetRole', Resource: admin }
    const keys = await entities.user('no-admin', [allow('iam:*'), deny])
    const claims = { 'cognito:roles': [dev, admin], 'cognito:preferred_role': dev }
    assert.equal(faultIn(await simulate(claims, { Provider }, keys)).code, 'AccessDenied')
  })
})

test('claims are neither logged nor in the audit log, whether they are judged or refused', async () => {
  const secret = 'a-secret-of-somebody'
  await simulate({ groups: [secret, 'dev'] })
  await simulate(`{"groups": ["${secret}"`)
  await simulate({ groups: secret, GROUPS: secret })
  assert.ok(!(await simulate({ groups: `${secret}${'x'.repeat(20_000)}` })).xml.includes(secret))
  await simulate({ 'https://aws.amazon.com/tags': { principal_tags: { [secret]: [1] } } })
  const denied = faultIn(await simulate({ groups: secret }, {}, await entitiesOf(rolecall).user('curious')))
  // Refusals are written by and by, each after those before it.
  await until(() => auditRowsIn(rolecall.dataDir).some(row => String(row.caller_arn).endsWith('/curious')))
  const refused = auditRowsIn(rolecall.dataDir).filter(row => row.event === 'SimulateRoleMapping')
  assert.ok(refused.filter(({ reason }) => reason === 'entity.invalid').length >= 3)
  const EncodedMessage = denied.message.split('message: ')[1]
  const decoded = await rolecall.sts().send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
  assert.match(String(decoded.DecodedMessage), /SimulateRoleMapping/)
  assert.ok(!String(decoded.DecodedMessage).includes(secret))
  assert.match(rolecall.logged(), /entity\.invalid/)
  assert.ok(!rolecall.logged().includes(secret))
  assert.ok(!JSON.stringify(auditRowsIn(rolecall.dataDir)).includes(secret))
})
