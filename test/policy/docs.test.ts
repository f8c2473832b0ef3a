/** Holds docs/policy-language.md and the vectors to each other. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { families } from './vectors.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/policy-language.md'), 'utf8')
const header = "| Point | AWS's documentation | Rolecall | Why | Vectors |"

test('every point where Rolecall chose is backed by vectors that exist', () => {
  const sentences = new Set(
    families.flatMap(({ decisions, grammar }) => [...decisions, ...grammar].map(({ sentence }) => sentence)),
  )
  const [, table = ''] = page.split(header)
  const rows = (table.split('\n\n')[0] ?? '').split('\n').slice(2)
  assert.ok(rows.length >= 50, `${rows.length} rows`)
  for (const row of rows) {
    const cells = row.split(' | ')
    assert.equal(cells.length, 5, row)
    const named = (cells[4] ?? '').replace(/ \|$/, '').split(' · ')
    for (const sentence of named) {
      assert.match(sentence, /^`.*`$/, row)
      assert.ok(sentences.has(sentence.slice(1, -1)), `${sentence} is no vector`)
    }
  }
})

test('there are as many vectors as the page says', () => {
  const [, written = ''] = /more than ([\d,]+) cases/.exec(page) ?? []
  const count = families.reduce((sum, { decisions, grammar }) => sum + decisions.length + grammar.length, 0)
  assert.ok(written !== '' && count > Number(written.replaceAll(',', '')), `${count} vectors`)
})
