import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readSampleClaims } from '../../server/base/sample-claims.ts'

test('an object is read as it was written', () => {
  const text = '{"sub": "ada",\n "groups": ["a", "b"], "n": -1.5e3, "deep": {"x": null, "y": [[], {}]}}'
  assert.deepEqual(readSampleClaims(text), JSON.parse(text))
})

for (const [story, text, says] of [
  ['nothing', '', /end too early: an object is expected/],
  ['a list', '[]', /line 1, column 1: an object is expected/],
  ['words', 'groups: developers', /line 1, column 1: an object is expected/],
  ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', /line 3, column 3: a comma or } is expected/],
  ['a comma at the end', '{"a": 1,}', /line 1, column 9: a name in double quotes is expected/],
  ['a comma at the end of a list', '{"a": [1,]}', /line 1, column 10: a value is expected/],
  ['a name without quotes', '{a: 1}', /line 1, column 2: a name in double quotes or } is expected/],
  ['single quotes', "{'a': 1}", /line 1, column 2: a name in double quotes/],
  ['a missing colon', '{"a" 1}', /line 1, column 6: a colon is expected/],
  ['a missing value', '{"a": }', /line 1, column 7: a value is expected/],
  ['a number with a leading zero', '{"a": 01}', /line 1, column 8: a comma or } is expected/],
  ['a line break in a text', '{"a": "x\ny"}', /line 1, column 7: a value is expected/],
  ['a name that stands there twice', '{"a": 1,\n "\\u0061": 2}', /line 2, column 2: this name stands/],
  ['the wrong bracket', '{"a": [1}', /line 1, column 9: a comma or \] is expected/],
  ['a text that breaks off', '{"a": ["b"', /end too early: a comma or \] is expected/],
  ['more than one object', '{} {}', /line 1, column 4: nothing more/],
  ['two lines, the second wrong', '{"é😀": 1,\r\n"b" 2}', /line 2, column 5: a colon/],
  ['a name that no reader takes alike', '{"a\\"b": 1}', /no JSON object, expected such as/],
] as const) {
  test(`${story}: it is told what is expected and where`, () => {
    assert.throws(() => readSampleClaims(text), says)
  })
}

test('of what somebody wrote nothing is said back', () => {
  for (const text of ['{"secret": secret}', '{"secret": 1, "secret": 2}', '["secret"]']) {
    assert.throws(
      () => readSampleClaims(text),
      ({ message }: Error) => !message.includes('secret'),
    )
  }
})

test('whatever is taken out of an object, either it still is one or there is a place to tell', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.nat(),
      fc.nat({ max: 3 }),
      (value, from, count) => {
        const whole = JSON.stringify(value, null, 1)
        const at = from % whole.length
        const text = whole.slice(0, at) + whole.slice(at + count)
        let isJson = true
        try {
          const parsed: unknown = JSON.parse(text)
          isJson = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
        } catch {
          isJson = false
        }
        if (isJson) return
        assert.throws(() => readSampleClaims(text), /line \d+, column \d+: |end too early: /)
      },
    ),
  )
})
