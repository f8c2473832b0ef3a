import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import * as sm from '@aws-sdk/client-secrets-manager'
import { createProgress } from '../../server/cli/import/progress.ts'
import { allow, policyOf } from '../support/aws-calls.ts'
import { type Keys, startRolecall, type TestRolecall } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { runProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const [target, source] = [await startRolecall(), await startRolecall()]
const folder = temporaryFolder()
const nowhere = join(folder, 'nowhere')
const addressOf = ({ port }: TestRolecall) => `http://127.0.0.1:${port}`
const envOf = ({ accessKeyId, secretAccessKey }: Keys) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_CONFIG_FILE: nowhere,
  AWS_SHARED_CREDENTIALS_FILE: nowhere,
})
const run = (args: string[], env: Record<string, string> = envOf(target.rootKeys)) =>
  runProcess('server/rolecall.ts', {
    args: ['secrets', 'import', ...args, '--to', addressOf(target)],
    env,
    until: /^never$/,
  })
let files = 0
const fileOf = (text: string, end = '.env') => {
  const file = join(folder, `source-${files++}${end}`)
  writeFileSync(file, text)
  return file
}
const get = (SecretId: string) => target.secrets().send(new sm.GetSecretValueCommand({ SecretId }))
const secretValue = async (name: string) => (await get(name)).SecretString
const versionsOf = async (SecretId: string) =>
  (await target.secrets().send(new sm.ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true })))
    .Versions?.length
const isThere = (name: string) =>
  get(name).then(
    () => true,
    () => false,
  )

describe('from a .env file', () => {
  const text = `
# the database
export DB_URL=postgres://a:p4ss@db/x # told nobody
QUOTED="two words # and a hash"
LINES="first
second"
SINGLE='$not expanded'
`
  const file = fileOf(text)

  test('a dry run tells what would be, writes nothing, and shows no value', async () => {
    const { code, output } = await run([file, '--prefix', 'app/', '--dry-run'])
    assert.equal(code, 0, output)
    assert.equal(
      output,
      [
        ...['DB_URL', 'QUOTED', 'LINES', 'SINGLE'].toSorted().map(name => `create       app/${name}`),
        'This was a dry run; nothing was written. It would be: 4 made.',
      ].join('\n'),
    )
    assert.ok(!(await isThere('app/DB_URL')))
  })

  test('values come in as node reads them, and a second time nothing is made twice', async () => {
    const { code, output } = await run([file, '--prefix', 'app/'])
    assert.equal(code, 0, output)
    assert.match(output, /^create {7}app\/DB_URL$/m)
    assert.match(output, /^4 made\.$/m)
    assert.equal(await secretValue('app/DB_URL'), 'postgres://a:p4ss@db/x')
    assert.equal(await secretValue('app/QUOTED'), 'two words # and a hash')
    assert.equal(await secretValue('app/LINES'), 'first\nsecond')
    assert.equal(await secretValue('app/SINGLE'), '$not expanded')
    const again = await run([file, '--prefix', 'app/'])
    assert.equal(again.code, 0)
    assert.match(again.output, /^4 the same already\.$/m)
    assert.equal(await versionsOf('app/DB_URL'), 1)
    assert.doesNotMatch(output + again.output, /p4ss|two words|second|expanded/)
  })

  test('another value that is there is told, ends with 1, and goes only when it is said', async () => {
    const other = fileOf('DB_URL=other\nNEW=x\n')
    const left = await run([other, '--prefix', 'app/'])
    assert.equal(left.code, 1)
    assert.match(left.output, /^differs {6}app\/DB_URL\ncreate {7}app\/NEW$/m)
    assert.equal(await secretValue('app/DB_URL'), 'postgres://a:p4ss@db/x')
    const dry = await run([other, '--prefix', 'app/', '--overwrite', '--dry-run'])
    assert.equal(dry.code, 0)
    assert.match(dry.output, /^overwrite {4}app\/DB_URL\nsame {9}app\/NEW$/m)
    assert.equal(await secretValue('app/DB_URL'), 'postgres://a:p4ss@db/x')
    assert.equal((await run([other, '--prefix', 'app/', '--overwrite'])).code, 0)
    assert.equal(await secretValue('app/DB_URL'), 'other')
    assert.equal(await versionsOf('app/DB_URL'), 2)
  })

  test('a file in another encoding is refused, rather than its values changed', async () => {
    const latin1 = join(folder, 'latin1.env')
    writeFileSync(latin1, Buffer.from('LATIN=pässword', 'latin1'))
    const { code, output } = await run([latin1])
    assert.equal(code, 2, output)
    assert.match(output, /UTF-8/)
    assert.ok(!(await isThere('LATIN')))
  })

  test('the mark that some editors set before a text belongs to no name', async () => {
    const { code, output } = await run([fileOf('\ufeffMARKED=value')])
    assert.equal(code, 0, output)
    assert.equal(await secretValue('MARKED'), 'value')
  })

  test('what can’t come in is named, and the rest comes', async () => {
    const { code, output } = await run([fileOf(`EMPTY=\nLARGE=${'x'.repeat(65_537)}\nGOOD=1\n`)])
    assert.equal(code, 1)
    assert.match(output, /^problem {6}EMPTY: its value is empty/m)
    assert.match(output, /^problem {6}LARGE: its value has 65537 bytes/m)
    assert.match(output, /^1 made, 2 with a problem\.$/m)
    assert.equal(await secretValue('GOOD'), '1')
  })
})

describe('from a JSON file', () => {
  test('text, objects as their JSON text with every digit, and bytes', async () => {
    const bytes = Buffer.from([0, 255, 10])
    const json = `{"j/text": "plain", "j/object": {"user": "ada", "id": 12345678901234567890, "on": [true, null]},
      "j/bytes": {"binary": "${bytes.toString('base64')}"}, "other": "x"}`
    const { code, output } = await run([fileOf(json, '.json'), '--only', 'j/'])
    assert.equal(code, 0, output)
    assert.equal(await secretValue('j/text'), 'plain')
    assert.equal(await secretValue('j/object'), '{"user":"ada","id":12345678901234567890,"on":[true,null]}')
    assert.deepEqual(Buffer.from((await get('j/bytes')).SecretBinary ?? []), bytes)
    assert.ok(!(await isThere('other')))
    assert.match((await run([fileOf(json, '.json'), '--only', 'j/'])).output, /^3 the same already\.$/m)
  })

  test('what is no value is named, and a name with what none can have', async () => {
    const json = '{"n": 5, "none": null, "b": {"binary": "!"}, "bad name": "x", "steer\\u202e": "x"}'
    const { code, output } = await run([fileOf(json, '.json'), '--dry-run'])
    assert.equal(code, 1)
    assert.match(output, /^problem {6}n: its value is neither text nor an object/m)
    assert.match(output, /^problem {6}none: its value is neither/m)
    assert.match(output, /^problem {6}b: its member binary is not base64$/m)
    assert.match(output, /^problem {6}bad name: its name may hold/m)
    assert.ok(!output.includes('\u202e'))
  })

  for (const [story, text] of [
    ['a name twice', '{"a": "s3cret-one", "a": "s3cret-two"}'],
    ['a list', '["s3cret-one"]'],
    ['no JSON', '{"a": s3cret-one}'],
  ] as const) {
    test(`${story} ends with 2, and quotes nothing of it`, async () => {
      const { code, output } = await run([fileOf(text, '.json')])
      assert.equal(code, 2)
      assert.match(output, /no JSON object of names and values, or a name stands in it twice/)
      assert.doesNotMatch(output, /s3cret/)
    })
  }

  test('the input, by its format', async () => {
    const args = [
      'server/rolecall.ts',
      'secrets',
      'import',
      '-',
      '--format',
      'json',
      '--to',
      addressOf(target),
    ]
    const child = spawn(process.execPath, args, {
      env: envOf(target.rootKeys),
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    child.stdin.end('{"from/input": "x"}')
    assert.equal(await new Promise(resolve => child.on('close', resolve)), 0)
    assert.equal(await secretValue('from/input'), 'x')
  })
})

describe('from another service', () => {
  const profiles = join(folder, 'profiles')
  const section = (name: string, { accessKeyId, secretAccessKey }: Keys) =>
    `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  writeFileSync(profiles, section('there', source.rootKeys) + section('here', target.rootKeys))
  const env = { AWS_CONFIG_FILE: nowhere, AWS_SHARED_CREDENTIALS_FILE: profiles }
  const from = [
    '--from',
    addressOf(source),
    '--from-profile',
    'there',
    '--from-region',
    'us-east-1',
    '--profile',
    'here',
  ]

  test('name, description, tags and bytes come along; what is marked for deletion stays', async () => {
    const make = (more: sm.CreateSecretCommandInput) =>
      source.secrets().send(new sm.CreateSecretCommand(more))
    const Tags = [{ Key: 'team', Value: 'blue' }]
    await make({ Name: 'there/text', SecretString: 'over there', Description: 'What it is for', Tags })
    await make({ Name: 'there/bytes', SecretBinary: Buffer.from([1, 2, 0]) })
    await make({ Name: 'there/empty' })
    await make({ Name: 'there/gone', SecretString: 'x' })
    await source.secrets().send(new sm.DeleteSecretCommand({ SecretId: 'there/gone' }))
    for (let n = 0; n < 101; n++) await make({ Name: `many/${n}`, SecretString: `${n}` })

    const { code, output } = await run([...from, '--only', 'there/', '--prefix', 'moved/'], env)
    assert.equal(code, 1, output)
    assert.match(output, /^problem {6}moved\/there\/empty: /m)
    assert.match(output, /^2 made, 1 with a problem\.$/m)
    const there = await target.secrets().send(new sm.DescribeSecretCommand({ SecretId: 'moved/there/text' }))
    assert.deepEqual([there.Description, there.Tags], ['What it is for', Tags])
    assert.equal(await secretValue('moved/there/text'), 'over there')
    assert.deepEqual(Buffer.from((await get('moved/there/bytes')).SecretBinary ?? []), Buffer.from([1, 2, 0]))
    const given = auditRowsIn(source.dataDir).filter(({ event }) => event === 'GetSecretValue')
    assert.ok(
      given.every(({ resource }) => !String(resource).includes('many/')),
      'none is read that is not wanted',
    )
  })

  test('also when they are more than a page', async () => {
    const { code, output } = await run([...from, '--only', 'many/'], env)
    assert.equal(code, 0, output)
    assert.match(output, /^101 made\.$/m)
    assert.match((await run([...from, '--only', 'many/'], env)).output, /^101 the same already\.$/m)
  })

  test('one that is marked for deletion here is left', async () => {
    await target.secrets().send(new sm.DeleteSecretCommand({ SecretId: 'many/7' }))
    const { code, output } = await run([...from, '--only', 'many/7', '--overwrite'], env)
    assert.equal(code, 1)
    assert.match(output, /^deleted {6}many\/7$/m)
  })
})

describe('whoever imports', () => {
  test('is authorized like any caller: what is denied is named, the rest comes, and each is in the audit log', async () => {
    const UserName = 'importer'
    await target.iam().send(new CreateUserCommand({ UserName }))
    const { AccessKey } = await target.iam().send(new CreateAccessKeyCommand({ UserName }))
    const PolicyDocument = policyOf(
      allow('secretsmanager:*', `arn:aws:secretsmanager:us-east-1:${target.accountId}:secret:mine/*`),
    )
    await target.iam().send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }))
    const keys = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    }
    await target.secrets().send(new sm.CreateSecretCommand({ Name: 'theirs/b', SecretString: 'x' }))
    const json = fileOf('{"mine/a": "1", "theirs/a": "2", "theirs/b": "3"}', '.json')
    const { code, output } = await run([json], envOf(keys))
    assert.equal(code, 1)
    assert.match(output, /^create {7}mine\/a$/m)
    assert.match(output, /^problem {6}theirs\/a: AccessDeniedException: .*CreateSecret/m)
    assert.match(output, /^problem {6}theirs\/b: AccessDeniedException: /m)
    assert.match((await run([json], envOf(keys))).output, /^same {9}mine\/a$/m)
    const made = auditRowsIn(target.dataDir).filter(
      ({ event, decision, caller_access_key_id: id }) =>
        event === 'CreateSecret' && decision === 'allowed' && id === keys.accessKeyId,
    )
    assert.equal(made.length, 1)
  })

  for (const [story, args, env, says] of [
    [
      'without credentials',
      [fileOf('A=1')],
      { ...envOf(target.rootKeys), AWS_ACCESS_KEY_ID: '' },
      /stopped at A: /,
    ],
    [
      'with a key that is not known',
      [fileOf('A=1')],
      { ...envOf(target.rootKeys), AWS_ACCESS_KEY_ID: 'AKIAAAAAAAAAAAAAAAAA' },
      /The import stopped at A: UnrecognizedClientException/,
    ],
    ['from nothing', [], undefined, /Import from what\?/],
    ['from two', ['a', 'b'], undefined, /Import from what\?/],
    ['from a file that is not there', [nowhere], undefined, /names no file that can be read \(ENOENT\)/],
    ['from an empty file', [fileOf('# nothing\n')], undefined, /nothing in it to import, read as env/],
    ['in a format that is none', [fileOf('A=1'), '--format', 'yaml'], undefined, /--format is env or json/],
    [
      'from an address in plain text',
      ['--from', 'http://secrets.example.com'],
      undefined,
      /--from is not https/,
    ],
    [
      'from an address with a password',
      ['--from', 'https://a:b@x.example'],
      undefined,
      /--from is not an address/,
    ],
  ] as const) {
    test(`${story} is told so and ends with 2`, async () => {
      const { code, output } = await run([...args], env)
      assert.equal(code, 2, output)
      assert.match(output, says)
    })
  }

  test('shows values to nobody on the way', () => {
    for (const text of [target.logged(), JSON.stringify(auditRowsIn(target.dataDir))]) {
      assert.doesNotMatch(text, /p4ss|two words|over there/)
    }
  })
})

test('on a terminal a bar goes along, and lines stand for what needs a look', () => {
  let text = ''
  const terminal = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        text += chunk
        done()
      },
    }),
    { isTTY: true },
  )
  const progress = createProgress(terminal, 4)
  progress.step('create  a', false)
  progress.step('differs  b\u001b[2J', true)
  progress.end()
  const clear = '\r\u001b[2K'
  assert.equal(
    text,
    `${clear}${'█'.repeat(6)}${'░'.repeat(18)} 1 of 4${clear}differs  b\\u001b[2J\n${'█'.repeat(12)}${'░'.repeat(12)} 2 of 4${clear}`,
  )
})

test('a line break in what the other side calls a secret begins no line that seems to be ours', () => {
  let text = ''
  const file = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  createProgress(file, 1).step('problem  a\nsame  admin: its value is not given', false)
  assert.equal(text, 'problem  a\\u000asame  admin: its value is not given\n')
})
