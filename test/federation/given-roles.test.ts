import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FederatedIdentity } from '../../server/base/federated-identity.ts'
import type { MappingRule, MatchType, RoleMapping } from '../../server/base/role-mapping.ts'
import { claimsOf } from '../../server/federation/given-roles.ts'
import type { ProviderRoleMapping } from '../../server/store/role-mappings.ts'
import { refusalOf } from '../support/refusal-of.ts'
import {
  accountId,
  composeGate,
  documentOf,
  facts,
  person,
  provider,
  startMs,
  trustStatement,
} from './compose-gate.ts'

const samlArn = `arn:aws:iam::${accountId}:saml-provider/corp`
const { gate, store, createRole } = await composeGate()
const trustPolicy = documentOf(trustStatement(), {
  Effect: 'Allow',
  Principal: { Federated: samlArn },
  Action: 'sts:AssumeRoleWithSAML',
})
const dev = await createRole('dev', { trustPolicy })
const admin = await createRole('admin', { trustPolicy })
const other = await createRole('other', { trustPolicy })
const shut = await createRole('shut', { trustPolicy: documentOf(trustStatement('sts:AssumeRole')) })
await store.samlProviders.create({
  name: 'corp',
  id: 'ASPR1',
  metadata: '',
  privateKeys: [],
  tags: {},
  createdAtMs: startMs,
})

const rule = (claim: string, matchType: MatchType, value: string, roleArn: string): MappingRule => ({
  claim,
  matchType,
  value,
  roleArn,
})
const groupRules = [
  rule('groups', 'Contains', 'admins', admin),
  rule('Groups', 'Contains', 'developers', dev),
  rule('groups', 'Contains', 'developers', shut),
]
const byRules = (ambiguous: RoleMapping['ambiguous'] = 'Deny'): RoleMapping => ({
  type: 'Rules',
  ambiguous,
  rules: groupRules,
})
const put = (mapping: RoleMapping, more: Partial<ProviderRoleMapping> = {}) =>
  store.roleMappings.put({ provider, mapping, ...more })

const grouped = (...groups: string[]) =>
  person({ context: { 'issuer.example:sub': ['person-1'], 'issuer.example:groups': groups } })
const saml = (groups: string[], onlyRoles: string[]): FederatedIdentity =>
  person({
    kind: 'saml',
    principals: [samlArn],
    provider: samlArn,
    issuer: samlArn,
    context: { 'saml:sub': ['person-1'], 'saml:groups': groups },
    subjectKey: 'saml:sub',
    audienceKey: 'saml:aud',
    onlyRoles,
  })

const offered = async (who: FederatedIdentity) =>
  (await gate.rolesFor(who, 'ada', facts)).map(({ arn }) => arn)
const take = (who: FederatedIdentity, roleArn: string) =>
  gate.assumeRole(who, roleArn, { name: 'ada', seconds: 900 }, facts)

describe('a provider’s role mapping', () => {
  test('where there is none, whatever trusts a person is theirs as before', async () => {
    assert.deepEqual(await offered(grouped('developers')), [admin, dev, other])
    await take(grouped(), other)
  })

  test('gives the roles of the rules that match, in their order, says which, and gives no other', async () => {
    await put(byRules())
    assert.deepEqual(await offered(grouped('developers', 'admins')), [admin, dev])
    const [first] = await gate.rolesFor(grouped('developers'), 'ada', facts)
    assert.equal(first?.arn, dev)
    assert.ok(first?.why?.kind === 'rule' && first.why.index === 1)
    await take(grouped('developers'), dev)
    for (const role of [admin, other]) {
      const { reason, detail } = await refusalOf(take(grouped('developers'), role))
      assert.deepEqual(
        [reason, detail],
        ['trust.denied', `the role mapping of ${provider} does not give them ${role}`],
      )
    }
  })

  test('leaves the last word to the trust policy', async () => {
    assert.ok(!(await offered(grouped('developers'))).includes(shut))
    const { reason, detail } = await refusalOf(take(grouped('developers'), shut))
    assert.equal(reason, 'trust.denied')
    assert.ok(!detail?.includes('role mapping'))
  })

  test('whom no rule means has the default or nothing', async () => {
    assert.deepEqual(await offered(grouped('guests')), [])
    assert.deepEqual(await offered(person()), [])
    await put(byRules('AuthenticatedRole'), { defaultRole: other })
    assert.deepEqual(await offered(grouped('guests')), [other])
    assert.deepEqual(await offered(grouped('developers')), [dev])
  })

  test('acts at once on somebody who came in before it changed, and no longer when it is gone', async () => {
    const before = grouped('admins')
    await take(before, admin)
    await put({ type: 'Rules', ambiguous: 'Deny', rules: [rule('groups', 'Equals', 'x', admin)] })
    await assert.rejects(take(before, admin))
    await store.roleMappings.delete(provider)
    await take(before, admin)
  })

  test('is the provider’s own: who comes by another is not concerned', async () => {
    await put(byRules())
    const elsewhere = `arn:aws:iam::${accountId}:oidc-provider/other.example`
    await store.roleMappings.put({
      provider: elsewhere,
      mapping: { type: 'Token', ambiguous: 'Deny' },
    })
    assert.deepEqual(await offered(grouped('admins')), [admin])
    await store.roleMappings.delete(provider)
    assert.deepEqual(await offered(grouped('admins')), [admin, dev, other])
  })

  test('by the token gives the roles that it names', async () => {
    await put({ type: 'Token', ambiguous: 'Deny' })
    const named = person({
      context: {
        'issuer.example:cognito:roles': [dev, other, shut],
        'issuer.example:cognito:preferred_role': [other],
      },
    })
    assert.deepEqual(await offered(named), [other, dev])
    assert.deepEqual(await offered(person()), [])
    await store.roleMappings.delete(provider)
  })

  test('and a SAML assertion both narrow, in either kind of mapping', async () => {
    assert.deepEqual(await offered(saml(['developers'], [dev, other])), [dev, other])
    await store.roleMappings.put({ provider: samlArn, mapping: byRules() })
    assert.deepEqual(await offered(saml(['developers', 'admins'], [dev, other])), [dev])
    const { detail } = await refusalOf(take(saml(['admins'], [dev]), admin))
    assert.equal(detail, `the proof is not for ${admin}`)
    await store.roleMappings.put({ provider: samlArn, mapping: { type: 'Token', ambiguous: 'Deny' } })
    assert.deepEqual(await offered(saml([], [other])), [other])
  })
})

test('claims are known by their names in small letters, whatever stands before them', () => {
  const context = {
    'issuer.example:8443/a:sub': ['1'],
    'issuer.example:8443/a:https://x.example/groups': ['g'],
    'issuer.example:8443/a:cognito:roles': ['r'],
    'aws:sourceip': ['192.0.2.7'],
  }
  assert.deepEqual(claimsOf(person({ context, subjectKey: 'issuer.example:8443/a:sub' })), {
    sub: ['1'],
    'https://x.example/groups': ['g'],
    'cognito:roles': ['r'],
  })
  const lying = saml([], [dev])
  assert.deepEqual(claimsOf({ ...lying, context: { ...lying.context, 'saml:cognito:roles': [admin] } }), {
    sub: ['person-1'],
    groups: [],
    'cognito:roles': [dev],
  })
})
