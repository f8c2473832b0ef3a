import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import fc from 'fast-check'
import { readPage } from '../../server/iam/pages.ts'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const client = rolecall.iam()
const trust = trusting(rolecall.accountId, { url: 'https://issuer.example' })
const PolicyDocument = policyOf(allow('iam:GetRole'))

// By letters alone, whatever their case: the capital one lies between the others.
const names = ['alpha', 'Bravo', 'charlie', 'delta', 'echo']
for (const name of names) await rolecall.createRole(name, trust)
for (const PolicyName of names.toReversed()) {
  const { Policy } = await client.send(new sdk.CreatePolicyCommand({ PolicyName, PolicyDocument }))
  const pair = { RoleName: 'alpha', PolicyArn: Policy?.Arn ?? '' }
  await client.send(new sdk.AttachRolePolicyCommand(pair))
  const inline = { RoleName: 'alpha', PolicyName: PolicyName.toLowerCase(), PolicyDocument }
  await client.send(new sdk.PutRolePolicyCommand(inline))
}

const config = { client, pageSize: 2 }
// The SDK writes its marker into what it is given: each walk needs its own.
const of = () => ({ RoleName: 'alpha' })

async function pagesOf<Page>(pages: AsyncIterable<Page>, read: (page: Page) => unknown[] | undefined) {
  const found: unknown[][] = []
  for await (const page of pages) found.push(read(page) ?? [])
  return found
}

for (const [action, pages] of [
  [
    'ListRoles',
    () => pagesOf(sdk.paginateListRoles(config, {}), page => page.Roles?.map(one => one.RoleName)),
  ],
  [
    'ListAttachedRolePolicies',
    () =>
      pagesOf(sdk.paginateListAttachedRolePolicies(config, of()), page =>
        page.AttachedPolicies?.map(one => one.PolicyName),
      ),
  ],
] as const) {
  test(`the SDK walks ${action} page by page, in order, and meets everything once`, async () => {
    assert.deepEqual(await pages(), [['alpha', 'Bravo'], ['charlie', 'delta'], ['echo']])
  })
}

test('the SDK walks ListRolePolicies page by page, in order, and meets everything once', async () => {
  const pages = await pagesOf(sdk.paginateListRolePolicies(config, of()), page => page.PolicyNames)
  assert.deepEqual(pages, [['alpha', 'bravo'], ['charlie', 'delta'], ['echo']])
})

test('a page that holds all says that there is no more, and gives no marker', async () => {
  for (const MaxItems of [5, 6, 1000, undefined]) {
    const asked = MaxItems === undefined ? {} : { MaxItems }
    const { Roles, IsTruncated, Marker } = await client.send(new sdk.ListRolesCommand(asked))
    assert.deepEqual([Roles?.length, IsTruncated, Marker], [5, false, undefined])
  }
})

test('what is made and deleted between two pages neither repeats what was seen nor hides what was not', async () => {
  const first = await client.send(new sdk.ListRolesCommand({ MaxItems: 2 }))
  await rolecall.createRole('aaron', trust)
  await client.send(new sdk.DeleteRoleCommand({ RoleName: 'Bravo' }))
  const rest = await client.send(new sdk.ListRolesCommand({ Marker: first.Marker }))
  assert.deepEqual(
    rest.Roles?.map(({ RoleName }) => RoleName),
    ['charlie', 'delta', 'echo'],
  )
})

for (const [story, asked] of [
  ['a page of nothing', { MaxItems: 0 }],
  ['a page of 1001', { MaxItems: 1001 }],
  ['an empty marker', { Marker: '' }],
  ['a marker that was never given', { Marker: 'not a marker!' }],
  ['a marker of 321 characters', { Marker: 'a'.repeat(321) }],
] as const) {
  test(`${story} is refused: ValidationError`, async () => {
    for (const call of [
      () => client.send(new sdk.ListRolesCommand(asked)),
      () => client.send(new sdk.ListRolePoliciesCommand({ ...of(), ...asked })),
      () => client.send(new sdk.ListAttachedRolePoliciesCommand({ ...of(), ...asked })),
    ]) {
      const { code, status } = await faultOf(call())
      assert.deepEqual([code, status], ['ValidationError', 400])
    }
  })
}

test('whatever the names and the size of a page, all pages together are the list', () => {
  const keys = fc.uniqueArray(fc.stringMatching(/^[\w+=,.@-]{1,12}$/), { maxLength: 30 })
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 10 }), (unsorted, MaxItems) => {
      const sorted = unsorted.sort()
      const met: string[] = []
      let Marker: string | undefined
      do {
        const page = readPage(sorted, key => key, { Marker, MaxItems })
        assert.ok(page.items.length <= MaxItems)
        assert.equal(page.wire.IsTruncated, page.wire.Marker !== undefined)
        met.push(...page.items)
        Marker = page.wire.Marker === undefined ? undefined : String(page.wire.Marker)
      } while (Marker !== undefined && met.length <= sorted.length)
      assert.deepEqual(met, sorted)
    }),
  )
})
