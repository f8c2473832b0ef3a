import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import { readSessionTags } from '../../server/tokens/session-tags.ts'

const claim = 'https://aws.amazon.com/tags'
const flat = (key: string) => `${claim}/principal_tags/${key}`
const sourceIdentity = 'https://aws.amazon.com/source_identity'

const nested = (tags: unknown, transitive?: unknown) => ({
  [claim]: { principal_tags: tags, transitive_tag_keys: transitive },
})

test('a token without tags asks for none', () => {
  assert.deepEqual(readSessionTags({ sub: 'ada' }), { tags: {}, transitiveTagKeys: [] })
})

test('tags are read from the nested form', () => {
  assert.deepEqual(readSessionTags(nested({ Project: ['Automation'], Cost: ['987'] }, ['Project'])), {
    tags: { Project: 'Automation', Cost: '987' },
    transitiveTagKeys: ['Project'],
  })
})

test('tags are read from the flat form', () => {
  const payload = {
    [flat('Project')]: 'Automation',
    [flat('Cost/Center')]: ['987'],
    [`${claim}/transitive_tag_keys`]: ['Cost/Center'],
  }
  assert.deepEqual(readSessionTags(payload), {
    tags: { Project: 'Automation', 'Cost/Center': '987' },
    transitiveTagKeys: ['Cost/Center'],
  })
})

test('a transitive key is named once, as its tag is spelled', () => {
  const { transitiveTagKeys } = readSessionTags(nested({ Project: ['x'] }, ['project', 'PROJECT']))
  assert.deepEqual(transitiveTagKeys, ['Project'])
})

test('as many and as long tags as AWS takes', () => {
  const tags = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`${n}`.padEnd(128, 'ß'), ['v'.repeat(256)]]),
  )
  assert.equal(Object.keys(readSessionTags(nested(tags)).tags).length, 50)
  assert.deepEqual(readSessionTags(nested({ empty: [''] })).tags, { empty: '' })
})

test('a tag called __proto__ is a tag', () => {
  const { tags } = readSessionTags(nested(JSON.parse('{"__proto__":["x"]}')))
  assert.deepEqual(Object.entries(tags), [['__proto__', 'x']])
})

test('a source identity is read', () => {
  assert.equal(readSessionTags({ [sourceIdentity]: 'ada@example.com' }).sourceIdentity, 'ada@example.com')
})

const fiftyOne = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ['v']]))
const duplicate = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'
const notIncluded = 'The specified transitive tag key must be included in the requested tags.'

for (const [story, payload, message] of [
  ['51 tags', nested(fiftyOne), /At most 50/],
  ['two keys that differ in case', nested({ Project: ['a'], project: ['b'] }), duplicate],
  ['one key in both forms', { ...nested({ a: ['1'] }), [flat('a')]: '2' }, duplicate],
  ['a transitive key without its tag', nested({ a: ['1'] }, ['b']), notIncluded],
  ['transitive keys that are no list', nested({ a: ['1'] }, 'a'), /list/],
  ['transitive keys that are no text', nested({ a: ['1'] }, [1]), /list/],
  ['a tag of two values', nested({ a: ['1', '2'] }), /one value/],
  ['a tag of no value', nested({ a: [] }), /one value/],
  ['a tag that is a number', nested({ a: [1] }), /one value/],
  ['a tag that is an object', nested({ a: {} }), /one value/],
  ['a key that begins with aws:', nested({ 'aws:PrincipalArn': ['x'] }), /aws:/],
  ['a key that begins with AWS:', nested({ 'AWS:x': ['x'] }), /aws:/],
  ['an empty key', nested({ '': ['x'] }), /not valid/],
  ['a key of 129 characters', nested({ ['k'.repeat(129)]: ['x'] }), /not valid/],
  ['a value of 257 characters', nested({ k: ['v'.repeat(257)] }), /not valid/],
  ['a key with a star', nested({ 'k*': ['x'] }), /not valid/],
  ['a value with a dollar sign', nested({ k: ['${aws:username}'] }), /not valid/],
  ['a value with a line break', nested({ k: ['a\nb'] }), /not valid/],
  ['tags that are a list', { [claim]: [] }, /not an object/],
  ['tags that are text', { [claim]: '{"principal_tags":{}}' }, /not an object/],
  ['principal tags that are a list', nested([]), /not an object/],
  ['principal tags null', nested(null), /not an object/],
  ['a source identity of one letter', { [sourceIdentity]: 'a' }, /source identity/],
  ['a source identity of 65 letters', { [sourceIdentity]: 'a'.repeat(65) }, /source identity/],
  ['a source identity with a colon', { [sourceIdentity]: 'aws:ada' }, /source identity/],
  ['a source identity with a line break', { [sourceIdentity]: 'ada\n' }, /source identity/],
  ['a source identity that is a list', { [sourceIdentity]: ['ada'] }, /source identity/],
] as const) {
  test(`${story}: refused`, () => {
    assert.throws(
      () => readSessionTags(payload),
      (error: unknown) => {
        assert.ok(error instanceof Refusal && error.reason === 'tags.invalid')
        const said = error.said.message ?? ''
        assert.ok(typeof message === 'string' ? said === message : message.test(said), said)
        return true
      },
    )
  })
}
