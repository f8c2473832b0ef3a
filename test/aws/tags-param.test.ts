import assert from 'node:assert/strict'
import { test } from 'node:test'
import { params, readParams, text } from '../../server/aws/params.ts'
import { requiredTags } from '../../server/iam/parameters.ts'

const schema = params({ RoleName: text({ max: 5 }), Tags: requiredTags })
const pair = (n: number, key: string, value: string) => [
  [`Tags.member.${n}.Key`, key],
  [`Tags.member.${n}.Value`, value],
]

function messageOf(...pairs: string[][]): string {
  try {
    readParams(schema, new Map(pairs.map(([name = '', value = '']) => [name, value])))
  } catch (error) {
    return Object(error).said.message
  }
  return assert.fail('was read')
}

test('tags come out as a record', () => {
  const form = new Map([
    ['RoleName', 'a'],
    ...pair(1, 'team', 'blue').map(([name = '', value = '']) => [name, value] as const),
  ])
  assert.deepEqual(readParams(schema, form).Tags, { team: 'blue' })
})

test('what is wrong with another parameter is not told of the tags as well', () => {
  const message = messageOf(['RoleName', 'too-long'], ...pair(1, 'team', 'blue'))
  assert.match(message, /^1 validation error detected: Value 'too-long' at 'roleName'/)
})

test('no tags where there must be some, and a tag that is none, are told', () => {
  assert.match(messageOf(['RoleName', 'a']), /^1 validation error detected: Value null at 'tags'/)
  assert.match(
    messageOf(['RoleName', 'a'], ...pair(1, 'a*', 'v')),
    /^1 validation error .* at 'tags\.1\.member\.Key'/,
  )
})
