import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateIdentityPoolCommand, SetIdentityPoolRolesCommand } from '@aws-sdk/client-cognito-identity'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import type { RoleMapping } from '../../server/base/role-mapping.ts'
import { explainMapping } from '../../server/diagnostics/mapping/explain-mapping.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { createSamlIdp } from '../support/saml-idp.ts'
import { openForTest, textOf } from './open-for-test.ts'

const rolecall = await startRolecall()
const { accountId, roleArn } = rolecall
const issuer = await rolecall.registerIssuer()
const name = issuer.url.replace('http://', '')
const provider = `arn:aws:iam::${accountId}:oidc-provider/${name}`
const trustingAll = (...Federated: string[]) => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated },
    Action: ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithSAML'],
  },
})
const samlArn = `arn:aws:iam::${accountId}:saml-provider/corp`
const pools = 'cognito-identity.amazonaws.com'
const dev = await rolecall.createRole('dev', trustingAll(provider, samlArn, 'accounts.google.com', pools))
const admin = await rolecall.createRole(
  'admin',
  trusting(accountId, issuer, { StringEquals: { [`${name}:sub`]: 'ada' } }),
)
const SAMLMetadataDocument = createSamlIdp().metadata()
await rolecall.iam().send(new CreateSAMLProviderCommand({ Name: 'corp', SAMLMetadataDocument }))
const { store } = rolecall.rolecall

const mapping: RoleMapping = {
  type: 'Rules',
  ambiguous: 'AuthenticatedRole',
  rules: [
    { claim: 'Groups', matchType: 'Equals', value: 'admins', roleArn: admin },
    { claim: 'groups', matchType: 'Contains', value: 'dev', roleArn: dev },
    { claim: 'department', matchType: 'NotEqual', value: 'external', roleArn: roleArn('gone') },
  ],
}
for (const one of [provider, samlArn, 'accounts.google.com']) {
  await store.roleMappings.put({ provider: one, mapping, defaultRole: dev })
}
const deps = await openForTest({ ROLECALL_DATA_DIR: rolecall.dataDir })

async function explain(claims: object, asked: { provider: string; poolId?: string } = { provider }) {
  const steps = (await explainMapping({ ...asked, claims: { ...claims } }, deps)) ?? assert.fail('no mapping')
  return steps.map(step => `${step.check}: ${step.outcome}: ${textOf(step)}`.replaceAll(accountId, 'ACCOUNT'))
}

for (const [kind, one, claim] of [
  ['Facebook', 'graph.facebook.com', 'id'],
  ['Amazon', 'www.amazon.com', 'user_id'],
] as const) {
  test(`a sample of ${kind}’s goes by the claims that its people have`, async () => {
    const role = await rolecall.createRole(kind, trustingAll(one))
    const rules = [{ claim, matchType: 'Equals', value: 'ada', roleArn: role }] as const
    await store.roleMappings.put({ provider: one, mapping: { type: 'Rules', ambiguous: 'Deny', rules } })
    const told = await explain({ [claim]: 'ada' }, { provider: one })
    assert.match(told.join('\n'), /Rule 1: ok: Matches/)
    assert.doesNotMatch((await explain({ sub: 'ada' }, { provider: one })).join('\n'), /: Matches/)
  })
}

describe('the mapping of a provider', () => {
  test('tells of each rule whether it matches and why, which one fires, and what its role’s trust says', async () => {
    const arn = (role: string) => `arn:aws:iam::ACCOUNT:role/${role}`
    assert.deepEqual(await explain({ sub: 'ben', groups: ['developers', 'x'] }), [
      `Rule 1: skipped: Does not match: groups Equals “admins”, for ${arn('admin')}; groups is “developers”, “x”.`,
      `Rule 2: ok: Matches: groups Contains “dev”, for ${arn('dev')}; groups is “developers”, “x”.`,
      `Rule 3: skipped: Does not match: department NotEqual “external”, for ${arn('gone')}; there is no claim department.`,
      `Role: ok: ${arn('dev')}, by rule 2, the first that matches.`,
      'Trust policy, dev: ok: Admits them.',
    ])
  })

  test('says what is in the way where the trust policy does not admit them, and of a role that is not there', async () => {
    const told = await explain({ sub: 'ben', groups: ['admins', 'devs'], department: 'it' })
    assert.match(told[3] ?? '', /^Role: ok: .*role\/admin, by rule 1/)
    assert.match(
      told[4] ?? '',
      /^Trust policy, admin: problem: Does not admit them: .*StringEquals.*→ Change/,
    )
    assert.match(told[5] ?? '', /^Trust policy, dev: ok: Admits them too/)
    assert.match(told[6] ?? '', /^Trust policy, gone: skipped: .*there is no such role/)
    assert.match((await explain({ sub: 'ada', groups: 'admins' })).at(-1) ?? '', /admin: ok: Admits them\.$/)
  })

  test('says when the default counts, and when nothing does', async () => {
    const told = await explain({ sub: 'ben' })
    assert.match(told[3] ?? '', /^Role: ok: .*role\/dev, the default/)
    await store.roleMappings.put({ provider, mapping: { ...mapping, ambiguous: 'Deny' } })
    const other = await openForTest({ ROLECALL_DATA_DIR: rolecall.dataDir })
    const steps = (await explainMapping({ provider, claims: { sub: 'ben' } }, other)) ?? []
    assert.match(steps.at(-1)?.check ?? '', /^Role$/)
    assert.equal(steps.at(-1)?.outcome, 'problem')
    await store.roleMappings.put({ provider, mapping, defaultRole: dev })
  })

  test('is found by what stands behind the provider in its ARN, and nothing else is', async () => {
    const said = await explain({ groups: 'dev' }, { provider })
    assert.deepEqual(await explain({ groups: 'dev' }, { provider: name }), said)
    assert.equal(await explainMapping({ provider: 'nobody.example', claims: {} }, deps), undefined)
    assert.equal(await explainMapping({ poolId: 'us-east-1:0', provider, claims: {} }, deps), undefined)
  })

  test('reads claims as those of a real proof: what Google does not vouch for is none', async () => {
    const google = { provider: 'accounts.google.com' }
    assert.match((await explain({ groups: ['developers'] }, google))[1] ?? '', /there is no claim groups/)
    assert.match((await explain({}, google)).at(-1) ?? '', /dev: ok/)
  })

  test('of SAML goes by the attributes, and by the roles of the assertion where the sample names some', async () => {
    const attributes = { groups: ['developers'], department: ['it'] }
    assert.match(
      (await explain(attributes, { provider: 'corp' })).at(3) ?? '',
      /^Role: ok: .*role\/dev, by rule 2/,
    )
    const named = {
      ...attributes,
      'https://aws.amazon.com/SAML/Attributes/Role': `${admin},${samlArn}`,
    }
    assert.match(
      (await explain(named, { provider: samlArn })).at(4) ?? '',
      /^Trust policy, dev: problem: .*the proof is for other roles/,
    )
  })

  test('says so of claims that no proof may have', async () => {
    assert.match(
      (await explain({ groups: 'x', GROUPS: 'y' }))[0] ?? '',
      /^Claims: problem: Refused as token\.malformed/,
    )
  })
})

test('the mapping of an identity pool is told of in the same way, with the pool’s default role', async () => {
  const { IdentityPoolId } = await rolecall.cognito().send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: 'app',
      AllowUnauthenticatedIdentities: false,
      OpenIdConnectProviderARNs: [provider],
    }),
  )
  assert.ok(IdentityPoolId)
  const rule = { Claim: 'custom:Plan', MatchType: 'StartsWith', Value: 'paid', RoleARN: dev } as const
  await rolecall.cognito().send(
    new SetIdentityPoolRolesCommand({
      IdentityPoolId,
      Roles: { authenticated: admin },
      RoleMappings: {
        [provider]: {
          Type: 'Rules',
          AmbiguousRoleResolution: 'AuthenticatedRole',
          RulesConfiguration: { Rules: [rule] },
        },
      },
    }),
  )
  for (const one of [provider, name]) {
    const asked = { provider: one, poolId: IdentityPoolId }
    const told = await explain({ 'custom:Plan': 'paid-year' }, asked)
    assert.match(told[0] ?? '', /^Rule 1: ok: Matches: custom:Plan StartsWith “paid”/)
    assert.match(told.at(-1) ?? '', /^Trust policy, dev: ok: Admits them\.$/)
    const others = await explain({ 'custom:plan': 'paid-year' }, asked)
    assert.match(others[1] ?? '', /^Role: ok: .*role\/admin, the default/)
    assert.match(others.at(-1) ?? '', /^Trust policy, admin: problem/)
  }
})
