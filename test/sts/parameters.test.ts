import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreatePolicyCommand } from '@aws-sdk/client-iam'
import { allow, policyOf } from '../support/aws-calls.ts'
import { faultIn, resultIn } from '../support/post-form.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { actionName, type Changes, createAsker } from './web-identity-form.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const trust = trusting(accountId, issuer)
const role = await rolecall.createRole('worker', trust)
const ask = createAsker(rolecall, issuer, role)

const failed = (value: string, at: string, constraint: string) =>
  `Value ${value} at '${at}' failed to satisfy constraint: ${constraint}`
const atLeast = (n: number) => `Member must have length greater than or equal to ${n}`
const atMost = (n: number) => `Member must have length less than or equal to ${n}`
const sessionPattern = 'Member must satisfy regular expression pattern: [\\w+=,.@-]*'
const policyPattern =
  'Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'

/** Long values are shown by their beginning. */
const shown = (text: string) => `'${text.length > 100 ? `${text.slice(0, 100)}...` : text}'`

/** A policy document of exactly so many characters. */
function policyOfLength(length: number): string {
  const document = policyOf(allow('iam:GetRole'))
  return document + ' '.repeat(length - document.length)
}

/** A genuine token of exactly so many characters. Base64 skips some lengths, so that two parts are padded. */
function tokenOfLength(length: number): string {
  for (const pad of ['', 'x', 'xx', 'xxx']) {
    const sign = (count: number) => issuer.sign({ padding: 'x'.repeat(count) }, { pad })
    const rough = Math.floor(((length - sign(0).length) * 3) / 4)
    for (let count = rough - 3; count <= rough + 3; count++) {
      const token = sign(count)
      if (token.length === length) return token
    }
  }
  return assert.fail('there is no such token')
}

const arn = (length: number) => `arn:aws:iam::${accountId}:role/`.padEnd(length, 'r')
const policyArns = (arns: readonly string[]) =>
  Object.fromEntries(arns.map((one, n) => [`PolicyArns.member.${n + 1}.arn`, one]))

const { Policy: managed } = await rolecall
  .iam()
  .send(new CreatePolicyCommand({ PolicyName: 'managed', PolicyDocument: policyOf(allow('iam:GetRole')) }))
const managedArn = managed?.Arn ?? ''

for (const [story, changes] of [
  ['a session name of 2 characters', { RoleSessionName: 'ab' }],
  ['a session name of 64 characters', { RoleSessionName: 'a'.repeat(64) }],
  ['a session name of every kind of character', { RoleSessionName: 'aZ09_+=,.@-' }],
  ['a session policy of 2048 characters', { Policy: policyOfLength(2048) }],
  ['a session policy with tabs, line ends and Latin-1', { Policy: `\t\r\n${policyOf(allow('*'))}` }],
  ['ten managed policies', policyArns(Array.from({ length: 10 }, () => managedArn))],
  ['parameters that the action does not have', { Color: 'green' }],
] as const satisfies readonly (readonly [string, Changes])[]) {
  test(`${story}: taken`, async () => {
    const answer = await ask(changes)
    assert.equal(answer.status, 200, answer.xml)
    assert.ok(resultIn(actionName, answer).Credentials)
  })
}

for (const [story, changes, problem] of [
  [
    'no RoleArn',
    { RoleArn: undefined },
    "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
  ],
  [
    'no RoleSessionName',
    { RoleSessionName: undefined },
    "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
  ],
  [
    'no WebIdentityToken',
    { WebIdentityToken: undefined },
    "Value null at 'webIdentityToken' failed to satisfy constraint: Member must not be null",
  ],
  ['an empty RoleArn', { RoleArn: '' }, failed("''", 'roleArn', atLeast(20))],
  [
    'a RoleArn of 19 characters',
    { RoleArn: 'r'.repeat(19) },
    failed(shown('r'.repeat(19)), 'roleArn', atLeast(20)),
  ],
  ['a RoleArn of 2049 characters', { RoleArn: arn(2049) }, failed(shown(arn(2049)), 'roleArn', atMost(2048))],
  ['a session name of 1 character', { RoleSessionName: 'a' }, failed("'a'", 'roleSessionName', atLeast(2))],
  [
    'a session name of 65 characters',
    { RoleSessionName: 'a'.repeat(65) },
    failed(shown('a'.repeat(65)), 'roleSessionName', atMost(64)),
  ],
  [
    'a session name with a colon',
    { RoleSessionName: 'Session1:2' },
    failed("'Session1:2'", 'roleSessionName', sessionPattern),
  ],
  [
    'a session name with a slash, which would read as another role',
    { RoleSessionName: 'ada/admin' },
    failed("'ada/admin'", 'roleSessionName', sessionPattern),
  ],
  [
    'a session name with a letter beyond ASCII',
    { RoleSessionName: 'adá' },
    failed("'adá'", 'roleSessionName', sessionPattern),
  ],
  [
    'a session name with a line end behind it',
    { RoleSessionName: 'ada\n' },
    failed("'ada\n'", 'roleSessionName', sessionPattern),
  ],
  ['a token of 3 characters', { WebIdentityToken: 'abc' }, failed("'***'", 'webIdentityToken', atLeast(4))],
  [
    'a token of 20001 characters',
    { WebIdentityToken: 'x'.repeat(20_001) },
    failed("'***'", 'webIdentityToken', atMost(20_000)),
  ],
  ['a ProviderId of 3 characters', { ProviderId: 'abc' }, failed("'abc'", 'providerId', atLeast(4))],
  [
    'a ProviderId of 2049 characters',
    { ProviderId: 'p'.repeat(2049) },
    failed(shown('p'.repeat(2049)), 'providerId', atMost(2048)),
  ],
  ['an empty Policy', { Policy: '' }, failed("''", 'policy', atLeast(1))],
  [
    'a Policy of 2049 characters',
    { Policy: policyOfLength(2049) },
    failed(shown(policyOfLength(2049)), 'policy', atMost(2048)),
  ],
  [
    'a Policy with a character beyond Latin-1',
    { Policy: '{"Ā"}' },
    failed(`'{"Ā"}'`, 'policy', policyPattern),
  ],
  [
    'eleven managed policies',
    policyArns(Array.from({ length: 11 }, () => managedArn)),
    failed("'[...]'", 'policyArns', atMost(10)),
  ],
] as const satisfies readonly (readonly [string, Changes, string])[]) {
  test(`${story}: ValidationError, in AWS’s words`, async () => {
    const answer = await ask(changes)
    assert.deepEqual(faultIn(answer), {
      code: 'ValidationError',
      status: 400,
      message: `1 validation error detected: ${problem}`,
      type: 'Sender',
    })
  })
}

for (const text of [
  'nothing-valid-in-here',
  'arn:a:::something/test-role',
  'arn:aws:iam::1234:role/too-short',
  'arn:aws:iam:::role/without-account',
  `arn:aws:iam::${accountId}:role/`,
  `arn:aws:iam::${accountId}:user/worker`,
  `arn:aws:sts::${accountId}:assumed-role/worker/ada`,
  `arn:aws:sts::${accountId}:role/worker`,
  `arn:aws-cn:iam::${accountId}:role/worker`,
  `ARN:aws:iam::${accountId}:role/worker`,
]) {
  test(`${text} is no role: ValidationError`, async () => {
    assert.deepEqual(faultIn(await ask({ RoleArn: text })), {
      code: 'ValidationError',
      status: 400,
      message: `${text} is invalid`,
      type: 'Sender',
    })
  })
}

test('ARNs of 20 and of 2048 characters are long and short enough to be looked at', async () => {
  for (const text of ['nothing-valid-at-all', arn(2048)]) {
    assert.doesNotMatch(faultIn(await ask({ RoleArn: text })).message, /length/)
  }
})

test('a genuine token of 20000 characters is taken, and one of 4 characters is looked at', async () => {
  const token = tokenOfLength(20_000)
  assert.equal(token.length, 20_000)
  assert.equal((await ask({ WebIdentityToken: token })).status, 200)
  assert.equal(faultIn(await ask({ WebIdentityToken: 'abcd' })).code, 'InvalidIdentityToken')
})

test('all problems of a request are told at once, and the token is not shown back', async () => {
  const answer = await ask({
    RoleArn: undefined,
    RoleSessionName: 'a',
    WebIdentityToken: 'abc',
    DurationSeconds: '5',
  })
  assert.equal(
    faultIn(answer).message,
    `4 validation errors detected: ${[
      "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
      failed("'a'", 'roleSessionName', atLeast(2)),
      failed("'***'", 'webIdentityToken', atLeast(4)),
      failed("'5'", 'durationSeconds', 'Member must have value greater than or equal to 900'),
    ].join('; ')}`,
  )
})
