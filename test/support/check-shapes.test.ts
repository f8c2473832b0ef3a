import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { GetUserCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { checkAnswer } from './check-shapes.ts'

const user = '<User><UserName>ada</UserName></User>'
const answer = (action: string, members: string) =>
  `<${action}Response><${action}Result>${members}</${action}Result><ResponseMetadata/></${action}Response>`
const schemaOf = (command: object): unknown => Object(command).schema
const getUser = schemaOf(new GetUserCommand({}))
const listUsers = schemaOf(new ListUsersCommand({}))

test('an answer of the right shape passes', () => {
  checkAnswer('GetUser', answer('GetUser', user), getUser)
  checkAnswer(
    'ListUsers',
    answer('ListUsers', `<Users><member>${user.slice(6, -7)}</member></Users>`),
    listUsers,
  )
})

for (const [story, schema, xml] of [
  ['a member that is misspelt', getUser, answer('GetUser', '<User><Username>ada</Username></User>')],
  ['a member in the wrong place', getUser, answer('GetUser', '<UserName>ada</UserName>')],
  [
    'a structure where a value should be',
    getUser,
    answer('GetUser', '<User><UserName><x/></UserName></User>'),
  ],
  ['a list whose members have another name', listUsers, answer('ListUsers', '<Users><item>x</item></Users>')],
] as const) {
  test(`an answer with ${story} does not`, () => {
    const action = schema === getUser ? 'GetUser' : 'ListUsers'
    assert.throws(() => checkAnswer(action, xml, schema))
  })
}

test('the same holds of answers in JSON', () => {
  const schema = schemaOf(new LookupEventsCommand({}))
  const events = (event: object) => JSON.stringify({ Events: [event] })
  checkAnswer('LookupEvents', events({ EventId: 'x', EventTime: 1, Resources: [] }), schema)
  for (const wrong of [{ EventID: 'x' }, { EventId: {} }, { Resources: { ResourceName: 'x' } }]) {
    assert.throws(() => checkAnswer('LookupEvents', events(wrong), schema))
  }
})
