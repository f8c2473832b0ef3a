import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Store } from '../../server/store/open-store.ts'
import type { ProviderRoleMapping } from '../../server/store/role-mappings.ts'
import { storeKinds } from '../support/stores.ts'

for (const { kind, skip, open } of storeKinds) {
  const store: Store | undefined = skip === false ? await open() : undefined
  after(() => store?.close())
  describe(`role mappings on ${kind}`, { skip }, () => store && keepsMappings(store))
}

function keepsMappings({ roleMappings }: Store): void {
  const byRules: ProviderRoleMapping = {
    provider: 'arn:aws:iam::123456789012:saml-provider/corp',
    mapping: {
      type: 'Rules',
      ambiguous: 'AuthenticatedRole',
      rules: [
        { claim: 'groups', matchType: 'Contains', value: 'dév', roleArn: 'arn:aws:iam::123456789012:role/a' },
        { claim: 'groups', matchType: 'Equals', value: 'x', roleArn: 'arn:aws:iam::123456789012:role/b' },
      ],
    },
    defaultRole: 'arn:aws:iam::123456789012:role/default',
  }
  const byToken: ProviderRoleMapping = {
    provider: 'accounts.google.com',
    mapping: { type: 'Token', ambiguous: 'Deny' },
  }

  test('one comes back as it was put, also after it was looked for in vain', async () => {
    assert.equal(await roleMappings.find(byRules.provider), undefined)
    await roleMappings.put(byRules)
    await roleMappings.put(byToken)
    assert.deepEqual(await roleMappings.find(byRules.provider), byRules)
    assert.deepEqual(await roleMappings.list(), [byToken, byRules])
  })

  test('another takes its place whole, and acts at once', async () => {
    await roleMappings.put({ ...byToken, provider: byRules.provider })
    assert.deepEqual(await roleMappings.find(byRules.provider), { ...byToken, provider: byRules.provider })
  })

  test('one that was deleted is gone at once, and there is none to delete a second time', async () => {
    assert.equal(await roleMappings.delete(byToken.provider), true)
    assert.equal(await roleMappings.find(byToken.provider), undefined)
    assert.equal(await roleMappings.delete(byToken.provider), false)
  })
}
