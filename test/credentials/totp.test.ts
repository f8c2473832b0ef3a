import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { base32, codeAt, findStep } from '../../server/credentials/totp.ts'

// RFC 6238, appendix B: the SHA-1 rows; our codes are the last six of its eight digits.
const seed = Buffer.from('12345678901234567890')
for (const [seconds, code] of [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const) {
  test(`at ${seconds} the code is that of RFC 6238`, () => {
    assert.equal(codeAt(seed, Math.floor(seconds / 30)), code.slice(2))
    assert.equal(findStep(seed, code.slice(2), seconds), Math.floor(seconds / 30))
  })
}

test('a code is good in its own step and the two beside it, and in no other', () => {
  const nowSeconds = 1_700_000_000
  const now = Math.floor(nowSeconds / 30)
  for (let step = now - 4; step <= now + 4; step++) {
    const expected = Math.abs(step - now) <= 1 ? step : undefined
    assert.equal(findStep(seed, codeAt(seed, step), nowSeconds), expected)
  }
})

test('another seed’s code, and what is no code, are none', () => {
  const other = codeAt(Buffer.from('another seed'), 100)
  for (const code of [other, '', '1', 'abcdef', '1234567'])
    assert.equal(findStep(seed, code, 3_000), undefined)
})

// RFC 4648, section 10, without its padding.
for (const [text, encoded] of [
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
] as const) {
  test(`“${text}” in base 32 is ${encoded}`, () => assert.equal(base32(Buffer.from(text)), encoded))
}

test('base 32 has five bits a character, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      const text = base32(Buffer.from(bytes))
      assert.match(text, /^[A-Z2-7]*$/)
      assert.equal(text.length, Math.ceil((bytes.length * 8) / 5))
    }),
  )
})
