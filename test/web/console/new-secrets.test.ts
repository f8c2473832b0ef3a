import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import type { Response } from 'express'
import { createPages } from '../../../server/web/pages.ts'
import { addressIn, plainOf, secretsPage, startSecretPages, tokenIn } from '../../support/secret-pages.ts'

const service = await startSecretPages()
const { root, caller, see, send, make, described, valueIn, rowsOf } = service
/** A new secret by the page. */
const create = async (form: Record<string, string>) => {
  const token = tokenIn((await see(`${secretsPage}/new`)).text)
  return send('new', { token, description: '', as: 'text', value: '', ...form })
}

describe('the list', () => {
  test('says that there are none, and leads to a new one', async () => {
    const { status, plain: said, text } = await see(secretsPage)
    assert.equal(status, 200)
    assert.match(said, /There are no secrets, unless some are scheduled for deletion/)
    assert.ok(text.includes(`href="${secretsPage}/new"`))
    assert.match((await see(`${secretsPage}?deleted=shown`)).plain, /There are no secrets\. Make one/)
  })

  test('finds by words anywhere and by the beginning of names, and goes on where a page ends', async () => {
    for (let n = 0; n < 51; n++) {
      await make(`many/${n}`, n === 7 ? { Description: 'Blue <b>whale</b>' } : {})
    }
    const first = await see(secretsPage)
    assert.ok(first.text.includes('many/50') && !first.text.includes('>many/0<'))
    const second = await see(addressIn(first.text, 'More secrets'))
    assert.ok(second.text.includes('many/0') && !second.text.includes('many/50'))
    assert.match(second.text, /Back to the newest/)

    const found = await see(`${secretsPage}?words=whale&by=all`)
    assert.match(found.plain, /many\/7 Blue <b>whale<\/b>/)
    assert.ok(!found.text.includes('<b>whale') && !found.text.includes('many/8'))
    const named = await see(`${secretsPage}?words=many%2F4&by=name`)
    assert.ok(named.text.includes('many/49') && !named.text.includes('many/39'))
    const nothing = await see(`${secretsPage}?words=%3Cscript%3E&by=name`)
    assert.match(nothing.plain, /No secret fits “<script>”/)
    assert.ok(!nothing.text.includes('<script>'))
  })

  test('shows those that are scheduled for deletion on asking alone, with a mark', async () => {
    const arn = await make('bygone')
    await root.send(new sm.DeleteSecretCommand({ SecretId: arn }))
    assert.ok(!(await see(`${secretsPage}?words=bygone`)).text.includes(encodeURIComponent(arn)))
    const shown = await see(`${secretsPage}?words=bygone&deleted=shown`)
    assert.match(shown.plain, /bygone scheduled for deletion/)
    assert.ok(shown.text.includes(encodeURIComponent(arn)))
  })

  test('says that there is more to look at, where nothing was found so far', async () => {
    const pages = createPages({ publicUrl: 'http://localhost', demo: false }, false, new Map())
    let html = ''
    const response = {
      status: () => response,
      set: () => response,
      type: () => response,
      send: (sent: string) => {
        html = sent
      },
    }
    await pages.render(response as unknown as Response, 'console/secrets/list', {
      title: 'Secrets',
      acting: { role: { name: 'operator', arn: '' }, arn: '', ends: { iso: '', text: '' } },
      search: { words: 'x', by: 'all', withDeleted: false },
      secrets: [],
      isFirst: true,
      first: secretsPage,
      next: `${secretsPage}?words=x&by=all&after=y`,
      withDeleted: secretsPage,
    })
    assert.match(plainOf(html), /None was found among those looked at so far/)
    assert.equal(addressIn(html, 'Look further'), `${secretsPage}?words=x&by=all&after=y`)
    assert.ok(!html.includes('No secret fits'))
  })

  test('refuses a page of another list in words', async () => {
    const { status, plain: said } = await see(`${secretsPage}?after=strange`)
    assert.equal(status, 400)
    assert.match(said, /NextToken value is invalid/)
  })
})

describe('a new secret', () => {
  for (const [story, name, form, stored] of [
    ['text, with the line breaks that were typed', 'text', { value: ' a\r\nb \r\n' }, ' a\nb \n'],
    [
      'keys and values, in their order',
      'pairs',
      { as: 'pairs', value: 'no', 'key-1': 'b', 'value-1': '1', 'key-3': '__proto__', 'value-3': '"' },
      '{"b":"1","__proto__":"\\""}',
    ],
    ['JSON, as it was written', 'json', { as: 'json', value: '{ "a": 1e400 }' }, '{ "a": 1e400 }'],
    ['the longest text there may be', 'long', { value: '\r\n'.repeat(65_536) }, '\n'.repeat(65_536)],
  ] as const) {
    test(`is made of ${story}`, async () => {
      const { status, sentTo = '' } = await create({ name: `made/${name}`, ...form })
      assert.equal(status, 303)
      assert.match(sentTo, /notice=secret-made$/)
      assert.match((await see(sentTo)).plain, /The secret is made\./)
      assert.equal((await valueIn(`made/${name}`)).SecretString, stored)
    })
  }

  test('is made of bytes, in base64 with or without line breaks', async () => {
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, n) => n % 256))
    const typed = bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
    assert.equal((await create({ name: 'made/bytes', as: 'base64', value: typed })).status, 303)
    assert.ok(Buffer.from((await valueIn('made/bytes')).SecretBinary ?? []).equals(bytes))
  })

  test('has its description and tags, and a row of its maker in the audit log', async () => {
    const more = { description: 'Of <us>', 'tag-key-1': 'team', 'tag-value-1': 'blue', 'tag-key-3': 'x' }
    const { sentTo = '' } = await create({ name: 'made/facts', value: 'v', ...more })
    const { ARN = '', Description, Tags } = await described('made/facts')
    assert.equal(Description, 'Of <us>')
    assert.deepEqual(Tags, [
      { Key: 'team', Value: 'blue' },
      { Key: 'x', Value: '' },
    ])
    assert.equal(new URLSearchParams(sentTo.split('?')[1]).get('id'), ARN)
    const [row] = rowsOf('CreateSecret', `${ARN.slice(0, -6)}??????`)
    assert.deepEqual([row?.decision, row?.caller_arn], ['allowed', caller])
    assert.match(String(row?.caller_access_key_id), /^ASIA/)
  })

  test('sent twice by a second click is made once', async () => {
    const form = {
      token: tokenIn((await see(`${secretsPage}/new`)).text),
      as: 'text',
      name: 'made/twice',
      value: 'v',
    }
    const [first, second] = [await send('new', form), await send('new', form)]
    assert.deepEqual([first.status, second.status], [303, 303])
    assert.equal(first.sentTo, second.sentTo)
  })

  for (const [story, form, field, says] of [
    ['without a name', { name: ' ' }, 'name', 'It needs a name.'],
    ['whose name has a blank', { name: 'a "b" <i>' }, 'name', 'A name is up to 512 letters'],
    ['whose name is taken', { name: 'made/text' }, 'name', 'There is a secret with this name already.'],
    ['with a tag without a key', { 'tag-value-2': '<i>' }, 'tags', 'A tag has a value and no key.'],
    ['with a tag of AWS’s', { 'tag-key-1': 'aws:x' }, 'tags', 'no key begins with aws:'],
  ] as const) {
    test(`${story} is not made: the page says so beside the field, and gives back all but the value`, async () => {
      const value = 'seen-by-nobody-5f0c'
      const asked = {
        name: 'wrong/one',
        description: 'kept <here>',
        as: 'pairs',
        'value-1': value,
        'key-1': `k-${value}`,
      }
      const { status, text, plain: said } = await create({ ...asked, value, ...form })
      assert.equal(status, 400)
      const [, problem = ''] = new RegExp(`id="${field}-problem"[^>]*>([^<]*)`).exec(text) ?? []
      assert.ok(problem.includes(says), said)
      assert.match(text, new RegExp(`aria-describedby="[^"]*${field}-problem`))
      assert.match(text, /kept &lt;here&gt;<\/textarea>/)
      assert.match(text, /value="pairs" checked/)
      assert.match(said, /Please type the value once more/)
      assert.ok(!text.includes(value) && !text.includes('<i>') && !text.includes('<here>'))
      await assert.rejects(described('wrong/one'), { name: 'ResourceNotFoundException' })
    })
  }

  for (const [story, form, says] of [
    ['no value', {}, 'There is no value.'],
    [
      'JSON that breaks off',
      { as: 'json', value: '{"my-secret-5f0c": [' },
      'The value ends too early: a value or ] is expected.',
    ],
    [
      'JSON that is wrong',
      { as: 'json', value: '{\r\n"a": my-secret-5f0c}' },
      'no JSON object: line 2, column 6: a value is expected',
    ],
    [
      'JSON with a name twice',
      { as: 'json', value: '{"my-secret-5f0c": 1, "my-secret-5f0c": 2}' },
      'a second time',
    ],
    ['JSON that is no object', { as: 'json', value: '"my-secret-5f0c"' }, 'an object is expected'],
    ['no base64', { as: 'base64', value: 'my-secret-5f0c' }, 'The value is not base64'],
    ['base64 of too many bytes', { as: 'base64', value: 'A'.repeat(87_384) }, 'longer than 65,536 bytes'],
    ['a text that is too long', { value: 'ö'.repeat(32_769) }, 'longer than 65,536 bytes'],
    ['no rows', { as: 'pairs' }, 'There is no key and no value.'],
    ['a row without a key', { as: 'pairs', 'value-2': 'my-secret-5f0c' }, 'Row 2 has a value and no key.'],
    [
      'a key twice',
      { as: 'pairs', 'key-1': 'my-secret-5f0c', 'key-2': 'my-secret-5f0c' },
      'The key of row 2 stands there a second time.',
    ],
  ] as const) {
    test(`with ${story} is not made, and the page says why and nothing of what was typed`, async () => {
      const { status, text } = await create({ name: 'wrong/value', ...form })
      assert.equal(status, 400)
      const [, problem = ''] = /id="value-problem"[^>]*>([^<]*)/.exec(text) ?? []
      assert.ok(plainOf(problem).includes(says), problem)
      assert.ok(!text.includes('my-secret-5f0c'))
    })
  }

  test('larger than a form may be is refused before it is read', async () => {
    assert.equal((await create({ name: 'wrong/large', value: 'x'.repeat(600_000) })).status, 413)
  })
})
