import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseStrictObject } from '../../../../server/base/strict-json.ts'
import type { JsonNode } from '../../../../server/policy/lint/text/json-node.ts'
import { readJson } from '../../../../server/policy/lint/text/read-json.ts'
import { almostPolicies } from '../almost-policies.ts'

function plainOf(node: JsonNode | undefined): unknown {
  switch (node?.type) {
    case 'object':
      return Object.fromEntries(node.members.map(({ name, value }) => [name, plainOf(value)]))
    case 'list':
      return node.items.map(plainOf)
    default:
      return node?.value
  }
}

function strictly(text: string): unknown {
  try {
    return parseStrictObject(text)
  } catch {
    return undefined
  }
}

describe('the reader', () => {
  test('reads what the strict parser reads, to the same values, and refuses what that refuses', () => {
    const anyText = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })).map(value => JSON.stringify(value)),
      almostPolicies.map(([document]) => document),
    )
    fc.assert(
      fc.property(anyText, text => {
        const { root, problems } = readJson(text)
        if (problems.some(({ code }) => code === 'json-too-deep')) return
        assert.deepEqual(problems.length === 0 ? plainOf(root) : undefined, strictly(text), text)
      }),
      { numRuns: 5_000 },
    )
  })

  test('is not misled by a name that another document taught the engine', () => {
    JSON.parse('{"\\\\":1}')
    const { root } = readJson('{"\\u0061":1}')
    assert.deepEqual(plainOf(root), { a: 1 })
  })

  for (const [story, text, at, message] of [
    ['nothing at all', '', 0, /ends too early/],
    ['a text that is cut off', '{"a": "b', 8, /ends too early/],
    ['a list that is cut off', '{"a": [1, ', 10, /ends too early/],
    ['a comma too many', '{"a": [1,]}', 8, /comma after the last/],
    ['a comma too many behind a member', '{"a": 1,}', 7, /comma after the last/],
    ['a comma too few', '{"a": 1 "b": 2}', 8, /comma is missing/],
    ['a comma too early', '{"a": ,}', 6, /value is missing/],
    ['no colon', '{"a" 1}', 5, /colon is missing/],
    ['single quotes', "{'a': 1}", 1, /Single quotes/],
    ['typographic quotes', '{“a”: 1}', 1, /Typographic quotes/],
    ['a comment', '{"a": 1 // why\n}', 8, /no comments/],
    ['a name without quotes', '{a: 1}', 1, /word without quotes/],
    ['a line break in a text', '{"a": "b\nc"}', 8, /line break/],
    ['an escape that there is not', '{"a": "\\d"}', 7, /no such escape/],
    ['more than one document', '{} {}', 3, /after the end/],
    ['a byte order mark', '\ufeff{}', 0, /byte order mark/],
    ['a number of another language', '{"a": 0x10}', 7, /word without quotes/],
  ] as const) {
    test(`tells where ${story} is, and what it is`, () => {
      const [problem] = readJson(text).problems
      assert.equal(problem?.at, at)
      assert.equal(problem?.code, 'json-syntax')
      assert.match(problem?.message ?? '', message)
    })
  }

  test('tells both: a member that is there twice, and a comma too many behind it', () => {
    const { root, problems } = readJson('{"a": 1, "a": [2,]}')
    assert.deepEqual(
      problems.map(({ code, at }) => `${code} ${at}`),
      ['json-duplicate-member 9', 'json-syntax 16'],
    )
    assert.deepEqual(plainOf(root), { a: [2] })
  })

  test('sees that a member is there twice when one of them is spelled with escapes', () => {
    const { problems } = readJson('{"Effect": "Deny", "\\u0045ffect": "Allow"}')
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['json-duplicate-member'],
    )
  })

  test('stops at brackets without end, before the stack does', () => {
    const { problems } = readJson('['.repeat(1_000_000))
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['json-too-deep'],
    )
  })
})
