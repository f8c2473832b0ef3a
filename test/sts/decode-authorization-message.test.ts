import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts'
import { allow, faultOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const entities = entitiesOf(rolecall)
const decode = (EncodedMessage: string, keys: Keys = rolecall.rootKeys) =>
  rolecall.sts(keys).send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))

/** The encoded part of the denial that listing users ends in. */
async function denialOf(keys: Keys): Promise<string> {
  const { message } = await faultOf(rolecall.iam(keys).send(new iam.ListUsersCommand({})))
  const [, encoded = ''] = message.split('Encoded authorization failure message: ')
  assert.match(encoded, /^[\w-]{100,10240}$/)
  return encoded
}
const read = async (encoded: string) => JSON.parse((await decode(encoded)).DecodedMessage ?? '')

const onTuesdays = {
  ...allow('iam:ListUsers'),
  Sid: 'Blue',
  Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
}

test('a denial decodes to what was asked, what came near, and what would allow it', async () => {
  const keys = await entities.user('near', [onTuesdays])
  const story = await read(await denialOf(keys))
  assert.deepEqual([story.allowed, story.explicitDeny, story.missing], [false, false, 'identity'])
  assert.deepEqual(story.request, {
    principal: { kind: 'user', accountId: rolecall.accountId, arn: entities.userArn('near') },
    action: 'iam:ListUsers',
    resource: `arn:aws:iam::${rolecall.accountId}:user/`,
  })
  assert.equal(story.nearMisses[0].place.sid, 'Blue')
  assert.match(JSON.stringify(story.nearMisses[0].failed), /aws:principaltag\/team.*blue/i)
  assert.deepEqual(story.context['aws:username'], ['near'])
  const [{ statement }] = story.suggestion.add
  await entities.userPolicy('near', onTuesdays, statement)
  await rolecall.iam(keys).send(new iam.ListUsersCommand({}))
})

test('an explicit deny is told with its statement, and that nothing can be added against it', async () => {
  const deny = { Effect: 'Deny', Action: 'iam:*', Resource: '*', Sid: 'NoIam' }
  const keys = await entities.user('barred', [allow('*'), deny])
  const story = await read(await denialOf(keys))
  assert.equal(story.explicitDeny, true)
  assert.equal(story.matchedStatements[0].sid, 'NoIam')
  assert.equal(story.suggestion.possible, false)
})

test('a boundary in the way is told as such', async () => {
  const boundary = await entities.policy('narrow', allow('s3:*'))
  const keys = await entities.user('bounded', [allow('iam:*')], boundary)
  const story = await read(await denialOf(keys))
  assert.equal(story.missing, 'boundary')
  assert.equal(story.suggestion.possible, false)
})

test('only who may decode can read it: to the one who was denied it says nothing', async () => {
  const keys = await entities.user('curious', [onTuesdays])
  const encoded = await denialOf(keys)
  assert.equal((await faultOf(decode(encoded, keys))).code, 'AccessDenied')
  const bytes = Buffer.from(encoded, 'base64url').toString('latin1')
  for (const word of ['team', 'blue', 'Blue', 'ListUsers', 'identity']) assert.ok(!bytes.includes(word), word)
  await entities.userPolicy('curious', onTuesdays, allow('sts:DecodeAuthorizationMessage'))
  assert.ok((await decode(encoded, keys)).DecodedMessage)
})

test('what this account did not encode, or somebody changed, is not decoded', async () => {
  const encoded = await denialOf(await entities.user('tampering'))
  const changed = `${encoded.slice(0, -2)}${encoded.endsWith('AA') ? 'BB' : 'AA'}`
  for (const message of ['x', 'AAAA'.repeat(40), changed, `${encoded}A`, `${encoded}=`]) {
    const { code, status } = await faultOf(decode(message))
    assert.deepEqual([code, status], ['InvalidAuthorizationMessageException', 400])
  }
})

test('a denial among very many policies is cut, and still fits', async () => {
  const statements = Array.from({ length: 8 }, (_, n) => ({
    ...allow('iam:ListUsers'),
    Condition: { StringEquals: { [`aws:PrincipalTag/${'k'.repeat(30)}${n}`]: 'v'.repeat(40) } },
  }))
  const keys = await entities.user('wordy', statements)
  const Tags = Array.from({ length: 50 }, (_, n) => ({
    Key: `${'t'.repeat(120)}${n}`,
    Value: `${n}`.repeat(80),
  }))
  await rolecall.iam().send(new iam.TagUserCommand({ UserName: 'wordy', Tags }))
  const story = await read(await denialOf(keys))
  assert.equal(story.missing, 'identity')
})
