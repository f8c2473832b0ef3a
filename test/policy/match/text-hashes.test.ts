import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { hashOf, hashOfWord, powerOf, TextHashes } from '../../../server/policy/match/text-hashes.ts'

function hashesOf(text: string, from = 0): TextHashes {
  const hashes = new TextHashes()
  hashes.use(text, from)
  return hashes
}

function wordsOf(hashes: TextHashes): number[] {
  hashes.whole()
  return Array.from({ length: hashes.wordCount }, (_, n) => hashes.wordHash(n))
}

describe('the hashes of a text', () => {
  test('are those of its beginnings, its windows and its whole', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 400 }),
        fc.nat(20),
        fc.nat(400),
        fc.nat(30),
        (text, skip, at, width) => {
          const from = Math.min(skip, text.length)
          const rest = text.slice(from)
          const hashes = hashesOf(text, from)
          assert.equal(hashes.length, rest.length)
          assert.equal(hashes.whole(), hashOf(rest))
          assert.equal(hashes.whole(), hashOf(rest))
          if (at + width > rest.length) return
          assert.equal(hashes.beginning(at), hashOf(rest.slice(0, at)))
          assert.equal(hashes.beginnings[at], hashOf(rest.slice(0, at)))
          assert.equal(hashes.window(at, width, powerOf(width)), hashOf(rest.slice(at, at + width)))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('differ where texts do', () => {
    const texts = ['', 'a', 'b', 'ab', 'ba', 'aa', 'aaa', 'abc', 'acb', 'é']
    assert.equal(new Set(texts.map(hashOf)).size, texts.length)
  })

  test('are made anew for the next text, shorter or longer', () => {
    const hashes = hashesOf('a'.repeat(1_000))
    assert.equal(hashes.whole(), hashOf('a'.repeat(1_000)))
    hashes.use('xab', 1)
    assert.equal(hashes.length, 2)
    assert.equal(hashes.whole(), hashOf('ab'))
    assert.deepEqual(wordsOf(hashes), [hashOfWord('ab')])
    hashes.use('b'.repeat(3_000), 0)
    assert.equal(hashes.whole(), hashOf('b'.repeat(3_000)))
  })
})

describe('the words of a text', () => {
  for (const [text, words] of [
    ['', []],
    ['-', []],
    ['a', ['a']],
    ['a/b', ['a', 'b']],
    ['/a//b/', ['a', 'b']],
    ['team-5/ada', ['team', '5', 'ada']],
    ['Az09', ['Az09']],
    ['aézx', ['a', 'zx']],
    // What stands right before and behind the digits and the letters.
    ['a/b0:1@A[Z`a{z', ['a', 'b0', '1', 'A', 'Z', 'a', 'z']],
    ['\u0130\u0161a', ['a']],
  ] as const) {
    test(`${JSON.stringify(text)} has ${words.length}`, () => {
      assert.deepEqual(wordsOf(hashesOf(text)), words.map(hashOfWord))
    })
  }

  test('are told from windows of the same characters', () =>
    assert.notEqual(hashOfWord('abc'), hashOf('abc')))

  test('are known when they were there before', () => {
    const hashes = hashesOf('a/b/a/b/c')
    hashes.whole()
    assert.deepEqual(
      [0, 1, 2, 3, 4].map(n => hashes.hadWord(n)),
      [false, false, true, true, false],
    )
  })

  test('are counted beyond any buffer', () => {
    assert.equal(wordsOf(hashesOf(Array(700).fill('a').join('/'))).length, 700)
  })
})
