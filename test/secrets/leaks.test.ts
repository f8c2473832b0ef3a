import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { startRolecall } from '../support/rolecall.ts'
import { postSecrets, secretsOf, sessionWith } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const { keys: stranger } = await sessionWith(rolecall, issuer)
const root = secretsOf(rolecall.secrets())

/** What every value holds, of those that are texts and those that are bytes. */
const mark = `Mark${randomBytes(18).toString('hex')}`
const bytes = randomBytes(24)
const SecretString = `{"password":"${mark}"}`
const SecretBinary = Buffer.concat([Buffer.of(0), bytes]).toString('base64')

/** A text's bytes and the ways to write them that somebody might come upon; base64 by where in three bytes it begins. */
function spellings(plain: Buffer): string[] {
  const base64 = [0, 1, 2].map(before => {
    const text = Buffer.concat([Buffer.alloc(before), plain]).toString('base64')
    return text.slice(before === 0 ? 0 : before + 1, -4)
  })
  const url = base64.map(text => text.replaceAll('+', '-').replaceAll('/', '_'))
  const hex = plain.toString('hex')
  return [plain.toString('latin1'), ...base64, ...url, hex, hex.toUpperCase()]
}
const marks = [...spellings(Buffer.from(mark)), ...spellings(bytes)]

function requireUnmarked(text: string, where: string): void {
  assert.ok(!marks.some(one => text.includes(one)), `a value stands in ${where}`)
}

type Members = { [member: string]: unknown }
const values: [string, Members][] = [
  ['text', { SecretString }],
  ['bytes', { SecretBinary }],
]
const policy =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"a:b","Resource":"*"}]}'

test('the marks are found in each spelling', () => {
  for (const before of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)])
    for (const encoding of ['latin1', 'hex', 'base64', 'base64url'] as const)
      assert.throws(() => requireUnmarked(padded.toString(encoding), 'a test'))
  }
})

for (const [kind, value] of values) {
  test(`a value of ${kind} is in no answer but those that give it out`, async () => {
    const SecretId = randomUUID()
    const ClientRequestToken = () => ({ ClientRequestToken: randomUUID() })
    const VersionId = randomUUID()
    const calls: [string, Members][] = [
      ['CreateSecret', { Name: SecretId, ...value, ClientRequestToken: VersionId }],
      ['PutSecretValue', { SecretId, ...value, ...ClientRequestToken() }],
      ['UpdateSecret', { SecretId, ...value, ...ClientRequestToken() }],
      ['DescribeSecret', { SecretId }],
      ['ListSecretVersionIds', { SecretId, IncludeDeprecated: true }],
      ['ListSecrets', {}],
      ['TagResource', { SecretId, Tags: [{ Key: 'a', Value: 'b' }] }],
      ['UntagResource', { SecretId, TagKeys: ['a'] }],
      ['UpdateSecretVersionStage', { SecretId, VersionStage: 'MINE', MoveToVersionId: VersionId }],
      ['PutResourcePolicy', { SecretId, ResourcePolicy: policy }],
      ['ValidateResourcePolicy', { SecretId, ResourcePolicy: policy }],
      ['GetResourcePolicy', { SecretId }],
      ['DeleteResourcePolicy', { SecretId }],
      ['DeleteSecret', { SecretId }],
      ['RestoreSecret', { SecretId }],
      // They would succeed, if what they bring were not refused.
      ['CreateSecret', { Name: SecretId, ...value, ...ClientRequestToken() }],
      ['CreateSecret', { Name: randomUUID(), ...value }],
      ['CreateSecret', { Name: 'no name', ...value, ...ClientRequestToken() }],
      ['CreateSecret', { Name: randomUUID(), ...value, ClientRequestToken: 'short' }],
      ['CreateSecret', { Name: randomUUID(), SecretString, SecretBinary, ...ClientRequestToken() }],
      ['PutSecretValue', { SecretId: 'not-there', ...value, ...ClientRequestToken() }],
      ['PutSecretValue', { SecretId, ...value, ClientRequestToken: VersionId, VersionStages: [] }],
      ['PutSecretValue', { SecretId, SecretString: `${SecretString}${'x'.repeat(70_000)}` }],
      ['PutSecretValue', { SecretId, SecretString: { password: mark } }],
      ['PutSecretValue', { SecretId, SecretString: [mark] }],
      ['PutSecretValue', { SecretId, SecretBinary: `${SecretBinary}?` }],
      ['PutSecretValue', { SecretId, SecretBinary: { bytes: SecretBinary } }],
      ['PutSecretValue', { SecretId, ...value, [`${mark}`]: 'an unknown member' }],
      ['UpdateSecret', { SecretId, ...value, Description: 1 }],
      ['RotateNothing', { SecretId, ...value }],
    ]
    for (const [action, members] of calls) {
      const body = JSON.stringify(members)
      requireUnmarked((await postSecrets(rolecall, action, body)).text, `the answer to ${action}`)
      requireUnmarked((await postSecrets(rolecall, action, body, stranger)).text, `the refusal of ${action}`)
    }
    const given = await postSecrets(rolecall, 'GetSecretValue', JSON.stringify({ SecretId }))
    assert.deepEqual({ [Object.keys(value)[0] ?? '']: given.json[Object.keys(value)[0] ?? ''] }, value)
    const batch = await postSecrets(
      rolecall,
      'BatchGetSecretValue',
      JSON.stringify({ SecretIdList: [SecretId] }),
    )
    assert.equal(batch.json.SecretValues.length, 1)
    for (const action of ['GetSecretValue', 'BatchGetSecretValue'])
      requireUnmarked(
        (await postSecrets(rolecall, action, JSON.stringify({ SecretId }), stranger)).text,
        action,
      )
  })
}

test('nor in the answer to a body that is no JSON, is cut short, or is signed by nobody', async () => {
  for (const [body, keys] of [
    [`{"SecretString":"${mark}`, rolecall.rootKeys],
    [`{"SecretString":"${mark}","SecretString":"${mark}"}`, rolecall.rootKeys],
    [`["${mark}"]`, rolecall.rootKeys],
    [mark, rolecall.rootKeys],
    [JSON.stringify({ SecretString }), { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' }],
    [JSON.stringify({ SecretString }), { ...rolecall.rootKeys, secretAccessKey: 'x' }],
    [`{"SecretString":"${mark}${'x'.repeat(600_000)}"}`, rolecall.rootKeys],
  ] as const) {
    const asked = postSecrets(rolecall, 'CreateSecret', body, keys)
    // A body that is too large may end in a broken connection instead of an answer.
    requireUnmarked(await asked.then(({ text }) => text, String), 'the answer')
  }
  const unsigned = await fetch(`http://127.0.0.1:${rolecall.port}/?SecretString=${mark}`, {
    method: 'POST',
    body: `Action=CreateSecret&SecretString=${mark}`,
  })
  requireUnmarked(await unsigned.text(), 'the answer')
})

test('nor in the trail, the log, or any file', async () => {
  const { RandomPassword } = (await postSecrets(rolecall, 'GetRandomPassword', '{}')).json
  assert.equal(RandomPassword.length, 32)
  await root.list()
  let events = 0
  for (let NextToken: string | undefined; ; ) {
    const page = await rolecall.cloudTrail().send(new LookupEventsCommand({ NextToken }))
    events += page.Events?.length ?? 0
    requireUnmarked(JSON.stringify(page.Events), 'the trail')
    NextToken = page.NextToken
    if (NextToken === undefined) break
  }
  assert.ok(events > 40)
  const logged = rolecall.logged()
  assert.ok(logged.includes('"refused"'))
  requireUnmarked(logged, 'the log')
  assert.ok(!logged.includes(RandomPassword))
  const files = readdirSync(rolecall.dataDir)
  assert.ok(files.includes('rolecall.db-wal') && files.includes('audit.db'))
  for (const file of files) {
    const text = readFileSync(join(rolecall.dataDir, file), 'latin1')
    requireUnmarked(text, file)
    assert.ok(!text.includes(RandomPassword), file)
  }
})
