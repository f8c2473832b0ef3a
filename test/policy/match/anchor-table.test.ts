import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { AnchorTable } from '../../../server/policy/match/anchor-table.ts'
import { compilePattern, type Pattern } from '../../../server/policy/match/pattern.ts'
import { TextHashes } from '../../../server/policy/match/text-hashes.ts'

const noContext = new Map()

function compile(source: string): Pattern {
  return compilePattern(source, { wildcards: true, variables: true })
}

function tableOf(sources: readonly string[]): AnchorTable<Pattern> {
  return new AnchorTable(sources.map(source => ({ anchor: compile(source).anchor, entry: compile(source) })))
}

function look(table: AnchorTable<Pattern>, text: string): string[] {
  const hashes = new TextHashes()
  hashes.use(text, 0)
  const found: Pattern[] = []
  return found.slice(0, table.lookUp(hashes, found, 0)).length === 0 ? [] : found.map(({ source }) => source)
}

const many = Array.from({ length: 1_000 }, (_, n) => n)
const hex = (n: number) => (n + 4096).toString(16)

describe('a table of a thousand patterns finds the one that matches, and next to nothing besides', () => {
  for (const [story, pattern, text, most] of [
    ['whole texts', (n: number) => `note/${n}`, (n: number) => `note/${n}`, 1],
    ['a word at the start', (n: number) => `shelf-${n}/*`, (n: number) => `shelf-${n}/book`, 1],
    ['a word at the end', (n: number) => `*/draft-${n}`, (n: number) => `some/draft-${n}`, 1],
    ['a word in the middle', (n: number) => `*/page-${n}/*`, (n: number) => `a/page-${n}/b`, 1],
    ['a word beside a variable', (n: number) => `\${u}/${n}/*`, (n: number) => `ada/${n}/b`, 1],
    ['half a word', (n: number) => `*prefix${hex(n)}*`, (n: number) => `aprefix${hex(n)}z`, 2],
    ['few characters', (n: number) => `*${hex(n)}*`, (n: number) => `zz${hex(n)}zz`, 16],
    ['the beginning of a word', (n: number) => `${hex(n)}*`, (n: number) => `${hex(n)}zz`, 1],
    ['the end of a word', (n: number) => `*${hex(n)}`, (n: number) => `zz${hex(n)}`, 1],
    ['three characters', (n: number) => `*${hex(n).slice(1)}*`, (n: number) => `zz${hex(n).slice(1)}zz`, 3],
    [
      'two words that are common each',
      (n: number) => `*/a${n % 32}/*/b${n >> 5}/*`,
      (n: number) => `x/a${n % 32}/y/b${n >> 5}/z`,
      9,
    ],
    [
      'a common word and half a word',
      (n: number) => `*/a${n % 10}/*q${hex(n)}*`,
      (n: number) => `x/a${n % 10}/q${hex(n)}0`,
      4,
    ],
    [
      'how they begin, when their words are the same',
      (n: number) => `${hex(n)}*/same/*`,
      (n: number) => `${hex(n)}zz/same/x`,
      1,
    ],
    [
      'how they end, when their words are the same',
      (n: number) => `*/same/*${hex(n)}`,
      (n: number) => `x/same/zz${hex(n)}`,
      1,
    ],
  ] as const) {
    test(`told apart by ${story}`, () => {
      const table = tableOf(many.map(pattern))
      for (let n = 0; n < 1_000; n += 37) {
        const found = look(table, text(n))
        assert.ok(found.includes(pattern(n)), `${pattern(n)} for ${text(n)}`)
        assert.ok(found.length <= most, `${found} for ${text(n)}`)
        assert.deepEqual(
          look(table, `${text(n)}!`).filter(one => compile(one).literal !== undefined),
          [],
        )
      }
    })
  }

  test('and nothing at all for a text of another kind', () => {
    const table = tableOf(many.map(n => `shelf-${n}/*`))
    for (const text of ['', 'a', 'shelf', 'shelf-', 'book-7/1', 'shelf-1000/x', 'shelf-7', 'x/shelf-7/y']) {
      assert.deepEqual(look(table, text), [])
    }
  })

  test('with a text whose words all stand in some pattern, those alone that begin and end like it', () => {
    const table = tableOf(many.map(n => `shelf-${n}/*/end-${n}`))
    assert.deepEqual(look(table, 'shelf-7/8/9/10/end-7'), ['shelf-7/*/end-7'])
  })
})

test('a pattern without any text is found for every text, each once', () => {
  const table = tableOf(['*', '?*', '${u}', ...many.map(n => `note/${n}`)])
  assert.deepEqual(look(table, 'zzz').sort(), ['${u}', '*', '?*'])
  assert.equal(look(table, 'note/7').length, 4)
})

test('three patterns are not worth a look: all are found', () => {
  assert.equal(look(tableOf(['a', 'b', 'c']), 'zzz').length, 3)
  assert.equal(look(tableOf(['a', 'b', 'c', 'd']), 'zzz').length, 0)
})

test('a text that is too short for what a pattern begins and ends with is not found', () => {
  const table = tableOf(many.map(n => `x${n}y*y${n}x`))
  assert.deepEqual(look(table, 'x7y7x'), [])
  assert.deepEqual(look(table, 'x7yy7x'), ['x7y*y7x'])
})

test('an empty table finds nothing', () => assert.deepEqual(look(tableOf([]), 'a'), []))

test('a word that a text has twice finds its pattern once', () => {
  const table = tableOf(many.map(n => `*/${n}/*`))
  assert.deepEqual(look(table, 'a/7/b/7/c/7/d'), ['*/7/*'])
})

test('what is found goes behind what was found before', () => {
  const hashes = new TextHashes()
  hashes.use('note/7', 0)
  const before = compile('before')
  const found = [before]
  const table = tableOf(many.map(n => `note/${n}`))
  assert.equal(table.lookUp(hashes, found, 1), 2)
  assert.deepEqual(
    found.map(({ source }) => source),
    ['before', 'note/7'],
  )
})

test('the same pattern a hundred times over is found for each of its entries', () => {
  const table = tableOf([...Array(100).fill('shelf/*'), ...Array(100).fill('note/7'), 'a', 'b'])
  assert.equal(look(table, 'shelf/1').length, 100)
  assert.equal(look(table, 'note/7').length, 100)
  assert.equal(look(table, 'other').length, 0)
})

test('one entry under several patterns is found, and nothing of it is lost', () => {
  const entry = { name: 'one' }
  const anchors = many.map(n => compile(`note-${n}/*`).anchor)
  const table = new AnchorTable(anchors.map(anchor => ({ anchor, entry })))
  const hashes = new TextHashes()
  hashes.use('note-7/1', 0)
  const found: { name: string }[] = []
  assert.equal(table.lookUp(hashes, found, 0), 1)
})

test('a text longer than any buffer, of words beyond count, is looked up like any other', () => {
  const table = tableOf(many.map(n => `*/page-${n}/*`))
  const long = Array.from({ length: 600 }, (_, n) => `w${n}x`).join('/')
  assert.deepEqual(look(table, `${long}/page-77/${long}`), ['*/page-77/*'])
  assert.deepEqual(look(table, 'a/page-77/b'), ['*/page-77/*'])
})

test('letters beyond ASCII stand between words, and are text of a pattern like any other', () => {
  const table = tableOf(many.map(n => `*é${n}é*`))
  assert.deepEqual(look(table, 'xé77éx'), ['*é77é*'])
})

test('whatever the patterns and the text: none that matches is left out', () => {
  const piece = fc.constantFrom('a', 'b', 'ab', '1', '12', '123', '-', '/', '/12/', 'abc', 'abcdef', 'é')
  const text = fc.array(piece, { maxLength: 12 }).map(some => some.join(''))
  const source = fc
    .array(
      fc.oneof(
        { arbitrary: piece, weight: 5 },
        { arbitrary: fc.constantFrom('*', '?', '${u}', "${n,'12'}"), weight: 2 },
      ),
      {
        maxLength: 8,
      },
    )
    .map(some => some.join(''))
  const context = new Map([['u', ['ab']]])
  fc.assert(
    fc.property(
      fc.array(source, { minLength: 4, maxLength: 60 }),
      fc.array(text, { minLength: 1 }),
      (sources, texts) => {
        const table = tableOf(sources)
        for (const one of [...texts, ...sources.map(some => some.replaceAll('*', 'b1'))]) {
          const found = look(table, one)
          for (const each of sources) {
            if (compile(each).matches(one, context)) assert.ok(found.includes(each), `${each} for ${one}`)
          }
        }
      },
    ),
    { seed: 20_260_202, numRuns: 300 },
  )
  assert.equal(noContext.size, 0)
})
