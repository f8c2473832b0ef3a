/** Holds docs/policy-lint.md and the linter to each other: the codes, their levels, and every example. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { allChecks } from '../../../server/policy/lint/all-checks.ts'
import { lint } from '../../../server/policy/lint/lint.ts'
import { parsePolicy } from '../../../server/policy/parse-policy.ts'
import { type PolicyKind, policyKinds } from '../../../server/policy/policy.ts'

const text = readFileSync(new URL('../../../docs/policy-lint.md', import.meta.url), 'utf8')
const nowMs = Date.parse('2026-01-01T00:00:00Z')

type Example = { kind: PolicyKind; fires: boolean; document: string }

const entries = [...text.matchAll(/^### `([^`]+)` \((\w+)\)\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(
  ([, code = '', level = '', body = '']) => ({ code, level, examples: examplesIn(body) }),
)

function examplesIn(body: string): Example[] {
  return [...body.matchAll(/^```json (\w+) (document )?(fires|quiet)\n([\s\S]*?)^```$/gm)].map(
    ([, kind = '', whole, when, example = '']) => {
      const known = policyKinds.find(one => one === kind)
      assert.ok(known, kind)
      const written = example
        .trim()
        .replace(/\{(\d+)×(.)\}/g, (_, times, letter) => letter.repeat(Number(times)))
      const document = whole === undefined ? `{"Version": "2012-10-17", "Statement": [${written}]}` : written
      return { kind: known, fires: when === 'fires', document }
    },
  )
}

function codesOf({ document, kind }: Example): string[] {
  return lint(document, kind, { nowMs }).map(({ code }) => code)
}

function isRefused({ document, kind }: Example): boolean {
  try {
    parsePolicy(document, kind)
    return false
  } catch {
    return true
  }
}

describe('docs/policy-lint.md', () => {
  test('tells of every code with its level, and of no other', () => {
    const told = Object.fromEntries(entries.map(({ code, level }) => [code, level]))
    const known = Object.fromEntries(Object.entries(allChecks).map(([code, { level }]) => [code, level]))
    assert.deepEqual(told, known)
    assert.equal(entries.length, Object.keys(allChecks).length, 'a code is told twice')
  })

  test('tells every code in the order of the code, so that a newcomer finds the one in the other', () => {
    assert.deepEqual(
      entries.map(({ code }) => code),
      Object.keys(allChecks),
    )
  })

  for (const { code, examples } of entries) {
    test(`${code}: has an example that fires and one that does not`, () => {
      assert.deepEqual(
        examples.map(({ fires }) => fires),
        [true, false],
      )
      for (const example of examples)
        assert.equal(codesOf(example).includes(code), example.fires, example.document)
    })
  }

  test('shows as errors what the parser refuses, and nothing else but size', () => {
    for (const { code, level, examples } of entries) {
      for (const example of examples) {
        const refused = level === 'error' && example.fires && code !== 'policy-too-large'
        assert.equal(isRefused(example), refused, `${code}: ${example.document}`)
      }
    }
  })

  test('shows quiet examples that are good policies: without an error or a risk of any code', () => {
    const risks = entries.flatMap(({ code, examples }) =>
      examples
        .filter(({ fires }) => !fires)
        .flatMap(({ document, kind }) => lint(document, kind, { nowMs }))
        .filter(({ level }) => level === 'error' || level === 'security')
        .map(risk => `${code}: ${risk.code}`),
    )
    assert.deepEqual(risks, [])
  })
})
