import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { postSecrets, secretsOf } from '../support/secret-calls.ts'
import { serviceKinds } from '../support/stores.ts'

const token = (n: number) => String(n).padStart(32, '0')

for (const { kind, skip, settings } of serviceKinds) {
  describe(`on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const rolecall = await startRolecall(await settings())
    const root = secretsOf(rolecall.secrets())
    /** To the letter, as no client would write it. */
    const post = (action: string, members: string) => postSecrets(rolecall, action, `{${members}}`)
    let count = 0
    const kept = async (member: string) => {
      const name = `value-${count++}`
      const made = await post('CreateSecret', `"Name":"${name}","ClientRequestToken":"${token(1)}",${member}`)
      return { made, name, read: async () => (await post('GetSecretValue', `"SecretId":"${name}"`)).json }
    }

    for (const [story, text] of [
      ['a NUL', 'a\0b'],
      ['every control character', Array.from({ length: 32 }, (_, n) => String.fromCharCode(n)).join('')],
      ['letters of all planes', 'ä€𝄞\u{10ffff}\ufeff\u2028'],
      ['a byte order mark before it', '\ufeffx'],
      ['JSON', '{"username":"ada","password":"\\u0000\\"\\\\"}'],
      ['a name of objects', '__proto__'],
      ['blanks', ' \t\r\n '],
      ['something like base64', 'AAAA=='],
      ['NULs to the limit', '\0'.repeat(65_536)],
    ] as const) {
      test(`a text of ${story} comes back as it went in`, async () => {
        const { read } = await kept(`"SecretString":${JSON.stringify(text)}`)
        const { SecretString, SecretBinary } = await read()
        assert.equal(SecretString, text)
        assert.equal(SecretBinary, undefined)
      })
    }

    for (const [story, member, code] of [
      ['half a surrogate pair', '"SecretString":"\\ud834"', 'ValidationException'],
      ['the halves in the wrong order', '"SecretString":"\\udd1e\\ud834"', 'ValidationException'],
      ['an empty text', '"SecretString":""', 'ValidationException'],
      ['a byte too much', `"SecretString":"${'x'.repeat(65_537)}"`, 'ValidationException'],
      [
        'letters of two bytes, a byte too much',
        `"SecretString":"x${'ä'.repeat(32_768)}"`,
        'ValidationException',
      ],
      ['a number', '"SecretString":12345678901234567890', 'SerializationException'],
      ['a truth', '"SecretString":true', 'SerializationException'],
      ['an object', '"SecretString":{"password":"x"}', 'SerializationException'],
      ['an empty object', '"SecretString":{}', 'SerializationException'],
      ['a list', '"SecretString":["x"]', 'SerializationException'],
      ['an empty list', '"SecretString":[]', 'SerializationException'],
      ['both forms', '"SecretString":"x","SecretBinary":"eA=="', 'InvalidParameterException'],
      ['no base64', '"SecretBinary":"?"', 'ValidationException'],
      ['base64 cut short', '"SecretBinary":"eA="', 'ValidationException'],
      ['base64 for a URL', '"SecretBinary":"-_8="', 'ValidationException'],
      ['no bytes', '"SecretBinary":""', 'ValidationException'],
      ['a number for bytes', '"SecretBinary":1234', 'SerializationException'],
      ['an object for bytes', '"SecretBinary":{"0":1}', 'SerializationException'],
      ['a member twice', '"SecretString":"x","SecretString":"y"', 'SerializationException'],
    ] as const) {
      test(`${story} is refused with ${code}, and no secret is made of it`, async () => {
        const { made, name } = await kept(member)
        assert.equal(made.code, code)
        assert.equal((await faultOf(root.describe(name))).code, 'ResourceNotFoundException')
      })
    }

    test('what no database keeps is refused wherever it stands', async () => {
      const { arn } = await root.create('storable')
      for (const bad of ['\\u0000', '\\ud800']) {
        const long = `${bad}${'x'.repeat(40)}`
        for (const [action, members] of [
          ['CreateSecret', `"Name":"n","Description":"${bad}"`],
          ['CreateSecret', `"Name":"n","KmsKeyId":"${bad}"`],
          ['CreateSecret', `"Name":"n${bad}"`],
          ['CreateSecret', `"Name":"n","SecretString":"x","ClientRequestToken":"${long}"`],
          ['CreateSecret', `"Name":"n","Tags":[{"Key":"${bad}","Value":""}]`],
          ['CreateSecret', `"Name":"n","Tags":[{"Key":"k","Value":"${bad}"}]`],
          ['GetSecretValue', `"SecretId":"${bad}"`],
          ['GetSecretValue', `"SecretId":"${arn}","VersionId":"${long}"`],
          ['GetSecretValue', `"SecretId":"${arn}","VersionStage":"${bad}"`],
          ['PutSecretValue', `"SecretId":"${arn}","SecretString":"x","ClientRequestToken":"${long}"`],
          ['UpdateSecretVersionStage', `"SecretId":"${arn}","VersionStage":"s","MoveToVersionId":"${long}"`],
          [
            'ListSecrets',
            `"NextToken":"${Buffer.from(`["secrets name desc","a${bad}","b"]`).toString('base64url')}"`,
          ],
          [
            'ListSecrets',
            `"SortBy":"name","NextToken":"${Buffer.from(`["secrets name desc","a${bad}","b"]`).toString('base64url')}"`,
          ],
        ] as const) {
          const { code, status } = await post(action, members)
          assert.equal(status, 400, `${action} ${members}`)
          assert.match(code, /^(Validation|InvalidParameter|InvalidNextToken)Exception$/)
        }
        const filtered = await post('ListSecrets', `"Filters":[{"Key":"name","Values":["${bad}"]}]`)
        assert.deepEqual(filtered.json.SecretList, [])
      }
    })

    test('a description may be in any letters, and empty', async () => {
      await root.create('described', { Description: 'Schlüssel 𝄞', SecretString: 'x' })
      assert.equal((await root.describe('described')).Description, 'Schlüssel 𝄞')
      await post('UpdateSecret', '"SecretId":"described","Description":""')
      assert.equal((await root.describe('described')).Description, '')
    })

    test('a secret without a value has no version, and gives nothing out until it has one', async () => {
      const { json } = await post('CreateSecret', '"Name":"empty"')
      assert.deepEqual(Object.keys(json).sort(), ['ARN', 'Name'])
      const described = (await post('DescribeSecret', '"SecretId":"empty"')).json
      assert.deepEqual(Object.keys(described).sort(), ['ARN', 'CreatedDate', 'LastChangedDate', 'Name'])
      const fault = await faultOf(root.get('empty'))
      assert.equal(fault.code, 'ResourceNotFoundException')
      assert.match(fault.message, /staging label: AWSCURRENT$/)
      const { VersionStages } = await root.put('empty', 'first', { VersionStages: ['MINE'] })
      assert.deepEqual(VersionStages, ['AWSCURRENT', 'MINE'])
      assert.equal((await root.get('empty')).SecretString, 'first')
    })
  })
}
