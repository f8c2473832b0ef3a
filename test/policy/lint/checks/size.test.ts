import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lint } from '../../../../server/policy/lint/lint.ts'
import type { LintOptions } from '../../../../server/policy/lint/view/policy-view.ts'
import type { PolicyKind } from '../../../../server/policy/policy.ts'

/** A document of so many characters that are not white space. */
function documentOfSize(size: number, space = ''): string {
  const around = ['{"Statement":[{"Effect":"Allow","Action":"a:b","Resource":["', '"]}]}'] as const
  const length = size - around[0].length - around[1].length
  const item = `x","${'x'.repeat(1_000)}`
  return `${around[0]}${item.repeat(length).slice(0, length)}${around[1]}${space}`
}

function isTooLarge(document: string, kind: PolicyKind, options?: LintOptions): boolean {
  return lint(document, kind, options).some(({ code }) => code === 'policy-too-large')
}

describe('a document of the most characters is taken, and one with one more is not', () => {
  for (const [kind, most, options] of [
    ['identity', 10_240, {}],
    ['identity', 2_048, { holder: 'user' }],
    ['identity', 5_120, { holder: 'group' }],
    ['identity', 10_240, { holder: 'role' }],
    ['identity', 6_144, { holder: 'managed' }],
    ['boundary', 6_144, {}],
    ['trust', 4_096, {}],
    ['session', 2_048, {}],
    ['resource', 20_480, {}],
  ] as const) {
    test(`${kind} ${options.holder ?? ''}: ${most}`, () => {
      assert.equal(isTooLarge(documentOfSize(most), kind, options), false)
      assert.equal(isTooLarge(documentOfSize(most + 1), kind, options), true)
    })
  }
})

test('white space does not count, but in a session policy, which is sent along whole', () => {
  const document = documentOfSize(2_048, ' \n')
  assert.equal(isTooLarge(document, 'identity', { holder: 'user' }), false)
  assert.equal(isTooLarge(document, 'session'), true)
})

describe('a document that fits here and not where it may well go is warned of', () => {
  for (const [kind, size, options, expected] of [
    ['identity', 6_144, {}, false],
    ['identity', 6_145, {}, true],
    ['identity', 10_241, {}, false],
    ['identity', 6_145, { holder: 'role' }, false],
    ['trust', 2_048, {}, false],
    ['trust', 2_049, {}, true],
    ['resource', 20_000, {}, false],
  ] as const) {
    test(`${kind} ${'holder' in options ? options.holder : ''} of ${size}: ${expected}`, () => {
      const codes = lint(documentOfSize(size), kind, options).map(({ code }) => code)
      assert.equal(codes.includes('policy-large'), expected)
    })
  }
})
