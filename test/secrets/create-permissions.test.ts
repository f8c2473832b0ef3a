import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts'
import { allow, faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { postSecrets, secretsOf, sessionWith } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const arn = (end: string) => `arn:aws:secretsmanager:us-east-1:${rolecall.accountId}:secret:${end}`
const create = 'secretsmanager:CreateSecret'
const onTags = (Condition: object) => ({ ...allow(create), Condition })
const Tags = [{ Key: 'Team', Value: 'blue' }]

const withStatements = async (...statements: Parameters<typeof allow>[]) =>
  sessionWith(rolecall, issuer, ...statements.map(one => allow(...one)))

for (const [story, resource, name, may] of [
  ['everything', '*', 'any/name', true],
  ['names that begin so', arn('team/*'), 'team/made', true],
  ['the name, with whatever end is drawn', arn('exact-??????'), 'exact', true],
  ['the name, and whatever follows', arn('follows-*'), 'follows', true],
  ['another name that begins alike', arn('alike-??????'), 'alike-2', false],
  ['names that begin otherwise', arn('team/*'), 'teams/made', false],
  ['one whole ARN, whose end nobody can choose', arn('whole-AbCdEf'), 'whole', false],
  ['the name alone, without an end', arn('bare'), 'bare', false],
] as const) {
  test(`leave to create ${story} ${may ? 'allows' : 'does not allow'} ${name}`, async () => {
    const { keys } = await withStatements([create, resource])
    const made = secretsOf(rolecall.secrets(keys)).create(name)
    if (may) await made
    else assert.equal((await faultOf(made)).code, 'AccessDeniedException')
  })
}

test('a deny of names that begin so holds, though the end is not drawn yet', async () => {
  const deny = { Effect: 'Deny', Action: create, Resource: arn('prod/*') }
  const { keys, arn: caller } = await sessionWith(rolecall, issuer, allow('*'), deny)
  const fault = await faultOf(secretsOf(rolecall.secrets(keys)).create('prod/db'))
  assert.equal(fault.code, 'AccessDeniedException')
  assert.ok(
    fault.message.startsWith(
      `User: ${caller} is not authorized to perform: ${create} on resource: prod/db with an explicit deny`,
    ),
  )
})

test('a denial proposes a statement that would have allowed it, whatever end is drawn', async () => {
  const { keys } = await sessionWith(rolecall, issuer)
  const { message } = await faultOf(secretsOf(rolecall.secrets(keys)).create('proposed'))
  const EncodedMessage = message.split('failure message: ')[1] ?? ''
  const decode = new DecodeAuthorizationMessageCommand({ EncodedMessage })
  const { DecodedMessage = '' } = await rolecall.sts().send(decode)
  const [{ statement }] = JSON.parse(DecodedMessage).suggestion.add
  assert.deepEqual(statement, allow(create, arn('proposed-??????')))
  const allowed = await sessionWith(rolecall, issuer, statement)
  await secretsOf(rolecall.secrets(allowed.keys)).create('proposed')
})

for (const name of [
  '*',
  'team/*',
  'team/??',
  'a:b',
  'arn:aws:x',
  'a b',
  'ä',
  'a\0',
  'a\n',
  '${aws:username}',
  '',
]) {
  test(`no secret is called ${JSON.stringify(name)}, and none is asked for so`, async () => {
    const made = await postSecrets(rolecall, 'CreateSecret', JSON.stringify({ Name: name }))
    assert.equal(made.code, 'ValidationException')
    if (!/^[a-z:]*$/.test(name)) {
      const got = await postSecrets(rolecall, 'GetSecretValue', JSON.stringify({ SecretId: name }))
      assert.equal(got.code, 'ValidationException')
    }
  })
}

test('who creates with tags must be allowed to tag as well', async () => {
  const client = rolecall.secrets((await withStatements([create])).keys)
  await client.send(new CreateSecretCommand({ Name: 'untagged' }))
  const fault = await faultOf(client.send(new CreateSecretCommand({ Name: 'tagged', Tags })))
  assert.equal(fault.code, 'AccessDeniedException')
  assert.match(fault.message, /secretsmanager:TagResource/)
  const both = await withStatements([[create, 'secretsmanager:TagResource']])
  await rolecall.secrets(both.keys).send(new CreateSecretCommand({ Name: 'tagged', Tags }))
})

test('a policy may ask for a tag, whatever the case of its key, and for its value', async () => {
  const wanted = { StringEquals: { 'aws:RequestTag/team': 'blue' } }
  const { keys } = await sessionWith(rolecall, issuer, onTags(wanted), allow('secretsmanager:TagResource'))
  const make = (Name: string, tags: typeof Tags) =>
    rolecall.secrets(keys).send(new CreateSecretCommand({ Name, Tags: tags }))
  await make('blue', Tags)
  for (const tags of [[], [{ Key: 'Team', Value: 'red' }], [{ Key: 'crew', Value: 'blue' }]])
    assert.equal((await faultOf(make('red', tags))).code, 'AccessDeniedException')
  // A list that says both can't pass as the one and be kept as the other.
  for (const tags of [
    [{ Key: 'team', Value: 'red' }, ...Tags],
    [...Tags, { Key: 'team', Value: 'red' }],
    [...Tags, { Key: 'Team', Value: 'red' }],
  ]) {
    const { code } = await faultOf(make('both', tags))
    assert.ok(['AccessDeniedException', 'InvalidParameterException'].includes(code), code)
  }
})

test('a policy may say which name, description and key a secret is created with', async () => {
  for (const [key, more] of [
    ['secretsmanager:Name', {}],
    ['secretsmanager:Description', { Description: 'wanted' }],
    ['secretsmanager:KmsKeyId', { KmsKeyId: 'wanted' }],
  ] as const) {
    const { keys } = await sessionWith(rolecall, issuer, onTags({ StringEquals: { [key]: 'wanted' } }))
    const make = (Name: string, other: object) => secretsOf(rolecall.secrets(keys)).create(Name, other)
    const Name = key === 'secretsmanager:Name' ? 'wanted' : `with-${key.length}`
    assert.equal((await faultOf(make('another', {}))).code, 'AccessDeniedException')
    await make(Name, more)
  }
})
