import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import { createAuthenticator } from '../../server/credentials/authenticate.ts'
import { mint } from '../../server/credentials/mint.ts'
import type { WireRequest } from '../../server/credentials/signed-request.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import { presign, type SigningOptions, signRequest } from '../support/sign-request.ts'
import { openEmbeddedStore } from '../support/stores.ts'

const nowMs = Date.parse('2026-03-04T05:06:07Z')
const keyring = createKeyring([randomBytes(32)])
const rootAccessKey = { id: 'AKIAROOT', secret: 'root-secret' }
const store = await openEmbeddedStore()
const role = {
  id: 'AROAONE',
  name: 'reader',
  path: '/team/',
  trustPolicy: '{}',
  maxSessionSeconds: 3600,
  tags: {},
  createdAtMs: nowMs,
  demo: false,
}
await store.roles.create(role)

function authenticatorWith(options: { demo?: boolean } = {}) {
  return createAuthenticator({
    keyring,
    rootAccessKey,
    accountId: '123456789012',
    ...store,
    clock: () => nowMs,
    demo: options.demo ?? false,
  })
}
const authenticator = authenticatorWith()

const session = {
  kind: 'role' as const,
  principalId: role.id,
  name: 'ada',
  person: { issuer: 'https://accounts.google.com', subject: '1234' },
  proof: {
    provider: 'accounts.google.com',
    audience: 'client',
    subjectKey: 'accounts.google.com:sub',
    audienceKey: 'accounts.google.com:aud',
  },
  issuedAtSeconds: nowMs / 1000 - 60,
  expiresAtSeconds: nowMs / 1000 + 3540,
  ancestors: [],
  tags: {},
  transitiveTagKeys: [],
  policyArns: [],
  demo: false,
}
const { credentials } = mint(keyring, session)
const body = 'Action=GetCallerIdentity&Version=2011-06-15'

const asRoot: SigningOptions = {
  accessKeyId: rootAccessKey.id,
  secret: rootAccessKey.secret,
  at: new Date(nowMs),
  body,
}
const asSession: SigningOptions = {
  accessKeyId: credentials.accessKeyId,
  secret: credentials.secretAccessKey,
  sessionToken: credentials.sessionToken,
  at: new Date(nowMs),
  body,
}

async function refusalOf(
  request: WireRequest,
  form: ReadonlyMap<string, string> = new Map(),
): Promise<string> {
  const error = await authenticator.authenticate(request, form, 'sts').then(
    caller => assert.fail(`was let in as ${caller.arn}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Refusal, String(error))
  return error.reason
}

test('the root access key is the account itself', async () => {
  const caller = await authenticator.authenticate(signRequest(asRoot), new Map(), 'sts')
  assert.equal(caller.arn, 'arn:aws:iam::123456789012:root')
})

test('a session is its role without the path, and its user id is the role id and the session name', async () => {
  const caller = await authenticator.authenticate(signRequest(asSession), new Map(), 'sts')
  assert.equal(caller.arn, 'arn:aws:sts::123456789012:assumed-role/reader/ada')
  assert.equal(caller.userId, 'AROAONE:ada')
  assert.equal(caller.kind === 'session' && caller.roleArn, 'arn:aws:iam::123456789012:role/team/reader')
})

test('a presigned URL counts for as long as it says, and from any region', async () => {
  const at = new Date(nowMs - 50 * 60_000)
  const { request, form } = presign({
    ...asSession,
    at,
    region: 'eu-north-1',
    expires: 3600,
    parameters: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
  })
  const caller = await authenticator.authenticate(request, form, 'sts')
  assert.equal(caller.userId, 'AROAONE:ada')
})

for (const [story, region] of [
  ['holds a NUL', 'us\0east'],
  ['holds a line break', 'eu\n'],
  ['is as long as a book', 'us-east-1'.repeat(1_000)],
  ['is in other letters', 'süd'],
] as const) {
  test(`a presigned URL whose region ${story} is refused, and not written down as where a key was used`, async () => {
    const { request, form } = presign({ ...asSession, region, expires: 60, parameters: {} })
    assert.equal(await refusalOf(request, form), 'signature.incomplete')
  })
}

test('a presigned URL is refused when its time is over', async () => {
  const { request, form } = presign({
    ...asSession,
    at: new Date(nowMs - 61_000),
    expires: 60,
    parameters: {},
  })
  assert.equal(await refusalOf(request, form), 'signature.expired')
})

test('a presigned URL from the future is refused', async () => {
  const { request, form } = presign({
    ...asSession,
    at: new Date(nowMs + 6 * 60_000),
    expires: 60,
    parameters: {},
  })
  assert.equal(await refusalOf(request, form), 'signature.expired')
})

const other = mint(keyring, session).credentials
const foreign = mint(createKeyring([randomBytes(32)]), session).credentials
const expired = mint(keyring, { ...session, expiresAtSeconds: nowMs / 1000 }).credentials
const gone = mint(keyring, { ...session, principalId: 'AROAGONE' }).credentials
const demo = mint(keyring, { ...session, demo: true }).credentials
const signedWith = (one: typeof credentials) =>
  signRequest({
    ...asSession,
    accessKeyId: one.accessKeyId,
    secret: one.secretAccessKey,
    sessionToken: one.sessionToken,
  })
const withHeaders = (request: WireRequest, headers: Record<string, string[] | undefined>): WireRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
})

for (const [story, request, reason] of [
  [
    'without a signature',
    withHeaders(signRequest(asRoot), { authorization: undefined }),
    'signature.missing',
  ],
  [
    'with a bearer token instead',
    withHeaders(signRequest(asRoot), { authorization: ['Bearer x'] }),
    'signature.incomplete',
  ],
  [
    'with two Authorization headers',
    withHeaders(signRequest(asRoot), { authorization: ['a', 'b'] }),
    'signature.incomplete',
  ],
  ['without a date', withHeaders(signRequest(asRoot), { 'x-amz-date': undefined }), 'signature.incomplete'],
  [
    'with an unknown access key id',
    signRequest({ ...asRoot, accessKeyId: 'AKIAOTHER' }),
    'signature.keyUnknown',
  ],
  ['with a wrong secret', signRequest({ ...asRoot, secret: 'wrong' }), 'signature.mismatch'],
  ['whose body was changed', { ...signRequest(asRoot), body: `${body}&X=1` }, 'signature.mismatch'],
  ['whose method was changed', { ...signRequest(asRoot), method: 'PUT' }, 'signature.mismatch'],
  ['whose path was changed', { ...signRequest(asRoot), path: '/other' }, 'signature.mismatch'],
  ['whose query was changed', { ...signRequest(asRoot), query: 'a=1' }, 'signature.mismatch'],
  [
    'whose host was changed',
    withHeaders(signRequest(asRoot), { host: ['evil.example'] }),
    'signature.mismatch',
  ],
  [
    'whose host is not signed',
    signRequest({ ...asRoot, signedHeaders: ['x-amz-date'] }),
    'signature.incomplete',
  ],
  [
    'with an x-amz header that nobody signed',
    withHeaders(signRequest(asRoot), { 'x-amz-target': ['evil'] }),
    'signature.incomplete',
  ],
  [
    'that names a header twice among those that are signed, to have it read over and over',
    signRequest({ ...asRoot, signedHeaders: ['host', 'x-amz-date', 'x-amz-date'] }),
    'signature.incomplete',
  ],
  ['signed for another service', signRequest({ ...asRoot, service: 'iam' }), 'signature.mismatch'],
  ['signed six minutes ago', signRequest({ ...asRoot, at: new Date(nowMs - 360_000) }), 'signature.expired'],
  [
    'signed six minutes ahead',
    signRequest({ ...asRoot, at: new Date(nowMs + 360_000) }),
    'signature.expired',
  ],
  [
    'with temporary credentials but no token',
    signRequest({ ...asSession, sessionToken: '' }),
    'session.invalid',
  ],
  [
    "with somebody else's session token beside one's own key",
    signRequest({ ...asSession, sessionToken: other.sessionToken }),
    'session.invalid',
  ],
  [
    'with a token and no right secret',
    signRequest({ ...asSession, secret: other.secretAccessKey }),
    'signature.mismatch',
  ],
  ['with a token of another installation', signedWith(foreign), 'session.invalid'],
  [
    'with the root key and a session token',
    signRequest({ ...asRoot, sessionToken: credentials.sessionToken }),
    'session.invalid',
  ],
  ['of a session that has expired', signedWith(expired), 'session.expired'],
  ['of a session whose role is gone', signedWith(gone), 'session.ended'],
  ['of a demo session while the demo is off', signedWith(demo), 'session.ended'],
  [
    'with a date that is none',
    withHeaders(signRequest(asRoot), { 'x-amz-date': ['20260304T996607Z'] }),
    'signature.expired',
  ],
] as const) {
  test(`a request ${story} is refused: ${reason}`, async () => {
    assert.equal(await refusalOf(request), reason)
  })
}

test('a demo session counts while the demo is on', async () => {
  const caller = await authenticatorWith({ demo: true }).authenticate(signedWith(demo), new Map(), 'sts')
  assert.equal(caller.kind, 'session')
})

test('a role that was deleted and made again under its name does not revive old sessions', async () => {
  const phoenix = { ...role, id: 'AROATWO', name: 'phoenix' }
  await store.roles.create(phoenix)
  const { credentials: old } = mint(keyring, { ...session, principalId: 'AROATWO' })
  assert.ok(await authenticator.authenticate(signedWith(old), new Map(), 'sts'))
  await store.roles.delete(phoenix)
  await store.roles.create({ ...role, id: 'AROATHREE', name: 'phoenix' })
  assert.equal(await refusalOf(signedWith(old)), 'session.ended')
})
