/** The Token Vending Machine's anonymous mode, as docs/guides/guests.md sets it up. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { parseEnv, promisify } from 'node:util'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { lint } from '../../server/policy/lint/lint.ts'
import { allow, policyOf } from '../support/aws-calls.ts'
import { createHttpBrowser } from '../support/http-browser.ts'
import { type Keys, startRolecall, type TestRolecall } from '../support/rolecall.ts'

const guide = readFileSync(new URL('../../docs/guides/guests.md', import.meta.url), 'utf8')
const blocksOf = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, body = '']) => body,
  )
const [settings = '', command = ''] = blocksOf('sh')
const [policy = ''] = blocksOf('json')
const guest = 'urn:rolecall:params:oauth:grant-type:guest'

async function start(more: Record<string, string> = {}): Promise<TestRolecall> {
  const rolecall = await startRolecall({ ...(parseEnv(settings) as Record<string, string>), ...more })
  await rolecall.createRole('guest', JSON.parse(policy.replace('ACCOUNT', rolecall.accountId)))
  const document = policyOf(allow('sts:GetCallerIdentity'), allow('iam:ListRoles'))
  await rolecall
    .iam()
    .send(new PutRolePolicyCommand({ RoleName: 'guest', PolicyName: 'p', PolicyDocument: document }))
  return rolecall
}

async function ask({ url }: TestRolecall, form: Record<string, string> = {}) {
  const body = new URLSearchParams({ grant_type: guest, ...form })
  const answer = await fetch(`${url}/token`, { method: 'POST', body })
  const json: Record<string, unknown> = Object(await answer.json())
  return { answer, json }
}

function keysIn(json: Record<string, unknown>): Keys {
  const { AccessKeyId, SecretAccessKey, SessionToken } = Object(json.credentials)
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

const rolecall = await start()

test('the guide’s trust policy is flawless', () => {
  const findings = lint(policy.replace('ACCOUNT', '123456789012'), 'trust')
  assert.deepEqual(findings, [])
})

test('whoever asks is a guest: for the role, by no more than both policies allow, and for the time', async () => {
  const { answer, json } = await ask(rolecall)
  assert.equal(answer.status, 200)
  assert.equal(json.expires_in, 900)
  const keys = keysIn(json)
  const { Arn } = await rolecall.sts(keys).send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${rolecall.accountId}:assumed-role/guest/guest`)
  await assert.rejects(rolecall.iam(keys).send(new ListRolesCommand({})), /no session policy allows/)
})

test('the guide’s command answers credentials', async () => {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], {
    env: { PATH: process.env.PATH, ROLECALL: rolecall.url },
  })
  assert.match(stdout, /ASIA[A-Z2-7]{16}/)
})

test('no two guests are the same', async () => {
  await ask(rolecall)
  await ask(rolecall)
  const LookupAttributes = [
    { AttributeKey: 'EventName' as const, AttributeValue: 'AssumeRoleWithWebIdentity' },
  ]
  const { Events = [] } = await rolecall.cloudTrail().send(new LookupEventsCommand({ LookupAttributes }))
  const people = Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent ?? '').userIdentity.userName)
  assert.ok(people.length >= 2)
  assert.equal(new Set(people).size, people.length)
})

for (const [story, form, error] of [
  ['another role', { resource: 'arn:aws:iam::123456789012:role/admin' }, 'invalid_request'],
  [
    'a policy of their own, beside which the operator’s would count less',
    { policy: policyOf(allow('*')) },
    'invalid_request',
  ],
  ['a bearer token', { audience: 'https://api.example' }, 'invalid_request'],
  ['a name', { session_name: 'root' }, 'invalid_request'],
  ['a longer time than there is', { duration_seconds: '3600' }, 'invalid_request'],
  ['a shorter time than any', { duration_seconds: '60' }, 'invalid_request'],
] as const) {
  test(`a guest does not get ${story}`, async () => {
    const { json } = await ask(rolecall, form)
    assert.equal(json.error, error)
    assert.equal(json.credentials, undefined)
  })
}

test('the page has a button, which answers with the credentials and begins no session', async () => {
  const browser = createHttpBrowser()
  assert.match(await (await browser.get(rolecall.url)).text(), /Continue as a guest/)
  const answer = await browser.post(`${rolecall.url}/guest`, {})
  const html = await answer.text()
  assert.match(html, /ASIA[A-Z2-7]{16}/)
  assert.doesNotMatch(html, /your roles/)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual(answer.headers.getSetCookie(), [])
  const strange = await browser.post(`${rolecall.url}/guest`, {}, { origin: 'https://evil.example' })
  assert.equal(strange.status, 403)
})

test('nothing about a guest is anywhere on disk but in the audit log', async () => {
  const own = await start()
  const before = contentsOf(own, 'rolecall.db')
  const { json } = await ask(own)
  await createHttpBrowser().post(`${own.url}/guest`, {})
  const { accessKeyId } = keysIn(json)
  await own.sts(keysIn(json)).send(new GetCallerIdentityCommand({}))
  await own.rolecall.store.lastUsed.flush()
  const after = contentsOf(own, 'rolecall.db')
  // When a role was last used is about the role.
  assert.deepEqual({ ...after, last_used: [] }, { ...before, last_used: [] })
  assert.doesNotMatch(JSON.stringify(after), new RegExp(accessKeyId))
  const audit = contentsOf(own, 'audit.db')
  assert.match(JSON.stringify(audit), new RegExp(accessKeyId))
  for (const file of globSync('**/*', { cwd: own.dataDir })) {
    if (file.startsWith('audit.db')) continue
    const bytes = readFileSync(join(own.dataDir, file), { flag: 'r' })
    assert.ok(!bytes.includes(accessKeyId), file)
  }
})

/** Every row of every table. */
function contentsOf({ dataDir }: TestRolecall, file: string): Record<string, unknown[]> {
  const db = new DatabaseSync(join(dataDir, file), { readOnly: true })
  try {
    const tables = db.prepare(`select name from sqlite_master where type = 'table'`).all()
    return Object.fromEntries(
      tables.map(({ name }) => [String(name), db.prepare(`select * from "${name}"`).all()]),
    )
  } finally {
    db.close()
  }
}

test('one address, and all together, may bring so many a minute; then they are told how long to wait', async () => {
  const few = await start({
    ROLECALL_GUESTS_PER_ADDRESS: '2',
    ROLECALL_GUESTS_IN_ALL: '5',
    ROLECALL_TRUSTED_PROXIES: '127.0.0.1',
  })
  const from = (address: string) =>
    fetch(`${few.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: guest }),
      headers: { 'x-forwarded-for': address },
    })
  const statuses = async (addresses: string[]) => {
    const found: number[] = []
    for (const address of addresses) found.push((await from(address)).status)
    return found
  }
  assert.deepEqual(await statuses(['198.51.100.1', '198.51.100.1', '198.51.100.1']), [200, 200, 429])
  assert.deepEqual(
    await statuses(['2001:db8::1', '2001:db8::2', '2001:db8::3']),
    [200, 200, 429],
    'one household',
  )
  const limited = await from('198.51.100.9').then(() => from('198.51.100.10'))
  assert.equal(limited.status, 429)
  assert.ok(Number(limited.headers.get('retry-after')) >= 1)
  few.advanceMs(60_000)
  assert.equal((await from('198.51.100.1')).status, 200)
})

test('guests are off unless configured', async () => {
  const without = await startRolecall()
  const { json } = await ask(without)
  assert.equal(json.error, 'unsupported_grant_type')
  assert.equal((await createHttpBrowser().post(`${without.url}/guest`, {})).status, 404)
  assert.doesNotMatch(await (await createHttpBrowser().get(without.url)).text(), /guest/i)
})

test('a guest’s time is over along a chain of roles too', async () => {
  const { accountId } = rolecall
  const next = await rolecall.createRole('next', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:sts::${accountId}:assumed-role/guest/guest` },
      Action: 'sts:AssumeRole',
    },
  })
  const { json } = await ask(rolecall)
  const { Expiration } = Object(json.credentials)
  const asked = { RoleArn: next, RoleSessionName: 'next', DurationSeconds: 3_600 }
  const { Credentials } = await rolecall.sts(keysIn(json)).send(new AssumeRoleCommand(asked))
  assert.ok(Credentials?.Expiration && Credentials.Expiration <= new Date(Expiration))
})
