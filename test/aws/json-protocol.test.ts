import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { flattenJson } from '../../server/aws/json-protocol.ts'
import { map } from '../../server/aws/map-param.ts'
import { params, readParams, text } from '../../server/aws/params.ts'
import { Refusal } from '../../server/base/refusal.ts'
import { startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents'
async function post(body: string, headers: Record<string, string> = {}, path = '/') {
  const answer = await fetch(`http://127.0.0.1:${rolecall.port}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, ...headers },
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, json: JSON.parse(text) }
}

test('members, lists and structures are flattened as the Query protocol writes them', () => {
  const text = JSON.stringify({
    A: 'x',
    N: 3,
    B: true,
    Null: null,
    L: ['p', { K: 'v' }],
    E: [],
    S: { T: { U: 1 } },
    M: {},
    Logins: { 'a.example/b': 'x', 'L.member.1': 'y', '': 'z' },
  })
  assert.deepEqual(
    [...flattenJson(text)],
    [
      ['A', 'x'],
      ['N', '3'],
      ['B', 'true'],
      ['L.member.1', 'p'],
      ['L.member.2.K', 'v'],
      ['E', ''],
      ['S.T.U', '1'],
      ['M', ''],
      ['Logins.a%002eexample%002fb', 'x'],
      ['Logins.L%002emember%002e1', 'y'],
      ['Logins.%', 'z'],
    ],
  )
})

for (const [story, body] of [
  ['that is no JSON', '{'],
  ['that is a list', '[]'],
  ['that names a member twice', '{"A":1,"A":2}'],
  ['that is deeper than any request', `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`],
  ['of a long name that very many paths would repeat', `{"${'-'.repeat(40_000)}":["a","b","c"]}`],
  ['of very many members', JSON.stringify({ L: Array.from({ length: 2_000 }, () => 'x') })],
] as const) {
  test(`a body ${story} is refused`, () => {
    assert.throws(
      () => flattenJson(body),
      (error: unknown) => error instanceof Refusal,
    )
  })
}

test('a name with a dot within is no other member', () => {
  assert.deepEqual([...flattenJson('{"L.member.1":"x"}')], [['L%002emember%002e1', 'x']])
})

test('a map comes back as it was written, whatever its keys are', () => {
  const input = params({ M: map(text(), text(), { max: 50 }) })
  // The strict reader takes no escapes in names.
  const keys = fc.string({ unit: 'grapheme' }).filter(key => JSON.stringify(key) === `"${key}"`)
  fc.assert(
    fc.property(fc.dictionary(keys, fc.string(), { maxKeys: 9, noNullPrototype: true }), written => {
      const { M } = readParams(input, flattenJson(JSON.stringify({ M: written })))
      assert.deepEqual([...M].toSorted(), Object.entries(written).toSorted())
    }),
  )
})

test('a map is held to its bounds, and its keys to theirs', () => {
  const input = params({ M: map(text({ max: 3 }), text({ max: 3 }), { max: 2 }) })
  const read = (M: object) => readParams(input, flattenJson(JSON.stringify({ M })))
  assert.equal(read({}).M.size, 0)
  for (const M of [{ a: 'x', b: 'y', c: 'z' }, { long1: 'x' }, { a: 'long1' }, { a: { b: 'c' } }]) {
    assert.throws(() => read(M), Refusal, JSON.stringify(M))
  }
  assert.throws(() => readParams(input, flattenJson('{}')), Refusal)
})

test('no text makes the reader fail in any other way', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      try {
        flattenJson(text)
      } catch (error) {
        assert.ok(error instanceof Refusal, String(error))
      }
    }),
  )
})

test('a refusal is JSON, with its code where clients look for it', async () => {
  const { status, headers, json } = await post('{}')
  assert.equal(status, 400)
  assert.equal(headers.get('content-type'), 'application/x-amz-json-1.1')
  assert.equal(headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException')
  assert.deepEqual(json, {
    __type: 'MissingAuthenticationTokenException',
    message: 'Missing Authentication Token',
  })
  assert.ok(headers.get('x-amzn-requestid'))
})

test('an action that is not served is told as such', async () => {
  const { json } = await post('{}', { 'x-amz-target': 'CloudTrail_20131101.DeleteTrail' })
  assert.equal(json.__type, 'UnknownOperationException')
  const other = await post('{}', { 'x-amz-target': 'Elsewhere.LookupEvents' })
  assert.equal(other.json.__type, 'UnknownOperationException')
})

test('nobody reads one request as two: a target beside an Action, or with a form, is refused', async () => {
  const both = await post('{}', {}, '/?Action=GetCallerIdentity&Version=2011-06-15')
  assert.equal(both.json.__type, 'SerializationException')
  const form = await post('Action=GetCallerIdentity&Version=2011-06-15', {
    'content-type': 'application/x-www-form-urlencoded',
  })
  assert.equal(form.status, 415)
})

for (const written of ['5', '12345678901234567890', 'true', '[]', '{}']) {
  test(`${written} is not taken for a text, which it would not be when it comes back`, () => {
    const form = flattenJson(`{"A":${written}}`)
    assert.throws(
      () => readParams(params({ A: text() }), form),
      (error: unknown) => error instanceof Refusal && error.reason === 'request.malformed',
    )
    assert.equal(readParams(params({ A: text() }), flattenJson(`{"A":"${written}"}`)).A, written)
  })
}
