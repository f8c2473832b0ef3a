import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { secretsOf } from '../support/secret-calls.ts'
import { serviceKinds } from '../support/stores.ts'

const tag = (Key: string, Value: string) => ({ Key, Value })

for (const { kind, skip, settings } of serviceKinds) {
  describe(`on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const rolecall = await startRolecall(await settings())
    const client = rolecall.secrets()
    const { create, get, put, list, delete: remove } = secretsOf(client)
    await create('prod/db', { SecretString: 'a', Description: 'The main Database' })
    await create('prod/web', { Description: 'front end', Tags: [tag('Team', 'blue'), tag('env', 'prod')] })
    await create('Prod/api', { SecretString: 'c', Tags: [tag('team', 'red')] })
    await create('test/db', { SecretString: 'd', Description: 'database of the prod-like test' })
    await create('MyOwnSecret', { SecretString: 'e', Tags: [tag('__proto__', 'x')] })
    await create('marked', { SecretString: 'f' })
    await remove('marked')

    const namesOf = ({ SecretList = [] }: sm.ListSecretsCommandOutput) => SecretList.map(({ Name }) => Name)
    const found = async (Key: string, ...Values: string[]) =>
      namesOf(await list({ Filters: [{ Key: Key as sm.FilterNameStringType, Values }] })).sort()

    for (const [key, values, names] of [
      ['name', ['prod/'], ['prod/db', 'prod/web']],
      ['name', ['Prod'], ['Prod/api']],
      ['name', ['db'], []],
      ['name', ['!prod/'], ['MyOwnSecret', 'Prod/api', 'test/db']],
      ['name', ['!!'], ['MyOwnSecret', 'Prod/api', 'prod/db', 'prod/web', 'test/db']],
      ['name', ['prod/db', 'test/'], ['prod/db', 'test/db']],
      ['description', ['database'], ['prod/db', 'test/db']],
      ['description', ['MAIN data'], ['prod/db']],
      ['description', ['ain'], []],
      ['description', ['!database'], ['MyOwnSecret', 'Prod/api', 'prod/web']],
      ['tag-key', ['team'], ['Prod/api']],
      ['tag-key', ['Te'], ['prod/web']],
      ['tag-key', ['__proto__'], ['MyOwnSecret']],
      ['tag-key', ['constructor'], []],
      ['tag-value', ['blue'], ['prod/web']],
      ['tag-value', ['!blue'], ['MyOwnSecret', 'Prod/api', 'prod/db', 'test/db']],
      ['primary-region', ['us-east-1'], ['MyOwnSecret', 'Prod/api', 'prod/db', 'prod/web', 'test/db']],
      ['primary-region', ['eu'], []],
      ['owning-service', ['rds'], []],
      ['all', ['prod'], ['Prod/api', 'prod/db', 'prod/web', 'test/db']],
      ['all', ['blue prod'], ['prod/web']],
      ['all', ['secret'], ['MyOwnSecret']],
      ['all', ['myown'], ['MyOwnSecret']],
      ['all', ['rod'], []],
      ['all', ['/'], []],
    ] as const) {
      test(`the filter ${key} ${values.join(' or ')} finds ${names.length}`, async () => {
        assert.deepEqual(await found(key, ...values), names)
      })
    }

    test('several filters must all fit', async () => {
      const Filters: sm.Filter[] = [
        { Key: 'name', Values: ['prod', 'test'] },
        { Key: 'description', Values: ['database'] },
        { Key: 'name', Values: ['!test'] },
      ]
      assert.deepEqual(namesOf(await list({ Filters })), ['prod/db'])
    })

    test('what is marked for deletion is listed only when it is asked for', async () => {
      const { SecretList = [] } = await list({ IncludePlannedDeletion: true })
      const marked = SecretList.filter(({ DeletedDate }) => DeletedDate !== undefined)
      assert.deepEqual(
        marked.map(({ Name }) => Name),
        ['marked'],
      )
      assert.equal(SecretList.length, 6)
    })

    test('a list tells what a description would, with the versions’ stages', async () => {
      const { SecretList: [one] = [] } = await list({ Filters: [{ Key: 'name', Values: ['prod/web'] }] })
      assert.deepEqual(Object.keys(one ?? {}).sort(), [
        'ARN',
        'CreatedDate',
        'Description',
        'LastChangedDate',
        'Name',
        'SecretVersionsToStages',
        'Tags',
      ])
      assert.deepEqual(one?.Tags, [tag('Team', 'blue'), tag('env', 'prod')])
    })

    const orders = {
      'created-date': ['prod/db', 'prod/web', 'Prod/api', 'test/db', 'MyOwnSecret'],
      'last-changed-date': ['prod/web', 'Prod/api', 'test/db', 'MyOwnSecret', 'prod/db'],
      'last-accessed-date': undefined,
      name: ['MyOwnSecret', 'Prod/api', 'prod/db', 'prod/web', 'test/db'],
    } as const
    for (const [SortBy, order] of Object.entries(orders)) {
      test(`by ${SortBy}, in both orders, each is on one page`, async () => {
        await put('prod/db', 'changed')
        await get('test/db')
        const ways = (['asc', 'desc'] as const).map(async SortOrder => {
          const names: (string | undefined)[] = []
          const asked = { SortBy: SortBy as sm.SortByType, SortOrder, MaxResults: 2 }
          for await (const page of sm.paginateListSecrets({ client }, asked)) names.push(...namesOf(page))
          return names
        })
        const [up = [], down = []] = await Promise.all(ways)
        if (order === undefined) assert.equal(up.at(-1), 'test/db')
        else assert.deepEqual(up, order)
        assert.deepEqual(down, up.toReversed())
      })
    }

    test('by default the newest come first', async () => {
      assert.deepEqual(namesOf(await list()), orders['created-date'].toReversed())
    })

    const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    test('a token of another list, of another order, or of nobody is refused', async () => {
      const { NextToken } = await list({ MaxResults: 1 })
      const values = await client.send(
        new sm.BatchGetSecretValueCommand({ Filters: [{ Key: 'name', Values: ['prod'] }], MaxResults: 1 }),
      )
      const { NextToken: versions } = await (async () => {
        await put('test/db', 'two')
        return client.send(new sm.ListSecretVersionIdsCommand({ SecretId: 'test/db', MaxResults: 1 }))
      })()
      assert.ok(NextToken && values.NextToken && versions)
      for (const asked of [
        { NextToken, SortOrder: 'asc' },
        { NextToken, SortBy: 'last-changed-date' },
        { NextToken, SortBy: 'name' },
        { NextToken: values.NextToken },
        { NextToken: versions },
        { NextToken: 'x' },
        { NextToken: token(['secrets created-date desc', 1.5, 'a']) },
        { NextToken: Buffer.from('["secrets created-date desc",1e400,"a"]').toString('base64url') },
        { NextToken: token(['secrets created-date desc', '1', 'a']) },
        { NextToken: token(['secrets created-date desc', 1, 'a\0']) },
        { NextToken: token(['secrets created-date desc', 1, 'a', 'b']) },
        { NextToken: token({ length: 3 }) },
        { NextToken: token(null) },
      ]) {
        const { code } = await faultOf(list(asked as sm.ListSecretsCommandInput))
        assert.equal(code, 'InvalidNextTokenException')
      }
      const other = new sm.ListSecretVersionIdsCommand({ SecretId: 'prod/db', NextToken: versions })
      assert.equal((await faultOf(client.send(other))).code, 'InvalidNextTokenException')
    })
  })
}
