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
