import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../../../server/policy/lint/text/nearest.ts'

const names = ['GetRole', 'GetUser', 'GetRolePolicy', 'iam', 'sts', 'secretsmanager']

for (const [story, word, meant] of [
  ['a letter too few', 'GetRol', 'GetRole'],
  ['a letter too many', 'GettRole', 'GetRole'],
  ['a wrong letter', 'GetRoke', 'GetRole'],
  ['two letters swapped', 'GteRole', 'GetRole'],
  ['another case', 'getrole', 'GetRole'],
  ['three slips in a long word', 'sekretmanagre', 'secretsmanager'],
  ['a short word with one slip', 'ian', 'iam'],
  ['a short word with two slips', 'ibn', undefined],
  ['another word', 'Describe', undefined],
  ['nothing', '', undefined],
  ['a word longer than any name', 'GetRole'.repeat(20), undefined],
] as const) {
  test(`${story} is ${meant === undefined ? 'near no name' : `near ${meant}`}`, () => {
    assert.equal(nearest(word, names), meant)
  })
}

test('a word that is near no name is given up early, so that a document of thousands of them holds nobody up', () => {
  const words = Array.from({ length: 40 }, (_, n) => n.toString(36).padStart(12, 'q'))
  const many = Array.from({ length: 300 }, (_, n) => n.toString(36).padStart(12, 'service'))
  let reads = 0
  const counted = (name: string) => ({
    length: name.length,
    toLowerCase: () => ({
      length: name.length,
      charCodeAt(at: number) {
        reads++
        return name.charCodeAt(at)
      },
    }),
  })
  const candidates = many.map(counted) as unknown as string[]
  for (const word of words) assert.equal(nearest(word, candidates), undefined)
  const lettersOfAll = 12 * 12 * words.length * many.length
  assert.ok(reads > 0 && reads < 0.75 * lettersOfAll, `${reads} of ${lettersOfAll}`)
})
