import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameKey } from '../../server/identity/name-key.ts'

for (const [story, one, other] of [
  ['in another case', 'ada', 'ADA'],
  ['in another case that has more letters', 'strauß', 'STRAUSS'],
  ['with blanks around', 'ada', '  ada '],
  ['with more blanks between', 'ada lovelace', 'ada   lovelace'],
  ['with a blank that is none of ASCII', 'ada lovelace', 'ada\u3000lovelace'],
  ['with a soft hyphen', 'ada', 'a\u00adda'],
  ['with a zero-width space', 'ada', 'ad\u200ba'],
  ['with a variation selector', 'ada', 'ada\ufe0f'],
  ['with an object replacement character', 'ada', 'ada\ufffc'],
  ['in wide letters', 'ada', 'ａｄａ'],
  ['with the accent as a character of its own', 'zoé', 'zoe\u0301'],
  ['without its accents, as AD compares', 'zoë müller', 'zoe muller'],
  ['with a stroke through a letter', 'soren', 'søren'],
  ['in the other kana', 'ひらがな', 'ヒラガナ'],
] as const) {
  test(`a name ${story} is counted as the same`, () => {
    assert.equal(nameKey(one), nameKey(other))
  })
}

test('other names are others, and none is longer than another', () => {
  const names = ['ada', 'adam', 'ben', 'ada@example.test', '', 'x'.repeat(100_000)]
  const keys = names.map(nameKey)
  assert.equal(new Set(keys).size, names.length)
  assert.ok(keys.every(key => key.length === 22))
})
