import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeleteRoleCommand, ListRolesCommand } from '@aws-sdk/client-iam'
import type { WireRequest } from '../../server/credentials/signed-request.ts'
import { assumeRole, keysOf } from '../support/aws-calls.ts'
import { watch } from '../support/no-leak.ts'
import { faultIn, type RawAnswer, sendWire } from '../support/raw-http.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { presign, type SigningOptions, signRequest } from '../support/sign-request.ts'

const rolecall = await startRolecall()
const elsewhere = await startRolecall()
const issuer = await rolecall.registerIssuer()
const trust = trusting(rolecall.accountId, issuer)
const role = await rolecall.createRole('reader', trust)
const host = `127.0.0.1:${rolecall.port}`

const mine = keysOf(await assumeRole(rolecall, role, issuer.sign()))
const victims = keysOf(await assumeRole(rolecall, role, issuer.sign({ sub: 'victim' })))
const foreign = await elsewhere.registerIssuer().then(async other => {
  const arn = await elsewhere.createRole('reader', trusting(elsewhere.accountId, other))
  return keysOf(await assumeRole(elsewhere, arn, other.sign()))
})

const whoAmI = 'Action=GetCallerIdentity&Version=2011-06-15'
const createRole = `Action=CreateRole&Version=2010-05-08&RoleName=planted&AssumeRolePolicyDocument=${encodeURIComponent(JSON.stringify(trust))}`
const deleteRole = 'Action=DeleteRole&Version=2010-05-08&RoleName=reader'

function optionsFor({ accessKeyId, secretAccessKey, sessionToken }: Keys, secondsOff = 0): SigningOptions {
  return {
    accessKeyId,
    secret: secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    at: new Date(Date.now() + secondsOff * 1000),
    headers: { host },
    body: whoAmI,
  }
}

/** A good request of the root's, but for what is given. */
const signed = (more: Partial<SigningOptions> = {}, secondsOff = 0) =>
  signRequest({ ...optionsFor(rolecall.rootKeys, secondsOff), ...more })

const signedBy = (keys: Keys) => signRequest(optionsFor(keys))

function presigned(parameters: Record<string, string> = {}, expires = 3600, secondsOff = 0): WireRequest {
  const asked = { Action: 'GetCallerIdentity', Version: '2011-06-15', ...parameters }
  return presign({ ...optionsFor(mine, secondsOff), expires, parameters: asked }).request
}

const withHeader = (request: WireRequest, name: string, ...values: string[]): WireRequest => ({
  ...request,
  headers: { ...request.headers, [name]: values },
})
const twice = (request: WireRequest, name: string) =>
  withHeader(request, name, ...(request.headers[name] ?? []), 'other')
const withQuery = (request: WireRequest, change: (query: string) => string): WireRequest => ({
  ...request,
  query: change(request.query),
})
const send = (request: WireRequest): Promise<RawAnswer> => sendWire(rolecall.port, request)

for (const [story, request, arn] of [
  ['in a header', signed(), 'root'],
  ['in a URL', presigned(), 'assumed-role/reader/ada'],
  [
    'in a URL whose parameters stand in another order',
    withQuery(presigned(), query => query.split('&').reverse().join('&')),
    'assumed-role/reader/ada',
  ],
] as const) {
  test(`a good signature ${story} is taken, so that what follows proves something`, async () => {
    const { statuses, text } = await send(request)
    assert.deepEqual(statuses, [200])
    assert.ok(text.includes(`:${arn}</Arn>`), text)
  })
}

const authorizationOf = (request: WireRequest) => request.headers.authorization?.[0] ?? ''
const mismatch = ['SignatureDoesNotMatch', 403] as const
const incomplete = ['IncompleteSignature', 400] as const
const unknownToken = ['InvalidClientTokenId', 403] as const
const malformed = ['MalformedQueryString', 400] as const

const attacks: [story: string, request: WireRequest, fault: readonly [code: string, status: number]][] = [
  ['without any signature', { ...signed(), headers: { host: [host] } }, ['MissingAuthenticationToken', 403]],
  ['with a bearer token', withHeader(signed(), 'authorization', 'Bearer x'), incomplete],
  ['with a password', withHeader(signed(), 'authorization', 'Basic cm9vdDpyb290'), incomplete],
  [
    'signed by another algorithm',
    withHeader(signed(), 'authorization', authorizationOf(signed()).replace('SHA256', 'SHA1')),
    incomplete,
  ],
  [
    'whose signature is empty',
    withHeader(signed(), 'authorization', authorizationOf(signed()).replace(/[0-9a-f]{64}$/, '')),
    incomplete,
  ],
  ['with two Authorization headers', twice(signed(), 'authorization'), incomplete],
  ['with two dates', twice(signed(), 'x-amz-date'), incomplete],
  ['with two session tokens', twice(signedBy(mine), 'x-amz-security-token'), incomplete],
  ['of an unknown key', signed({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }), unknownToken],
  ['with a wrong secret', signed({ secret: 'x'.repeat(40) }), mismatch],
  ['with an empty secret', signed({ secret: '' }), mismatch],
  ['whose body was swapped', { ...signed({ service: 'iam', body: deleteRole }), body: createRole }, mismatch],
  ['whose body was added to', { ...signed(), body: `${whoAmI}&Extra=1` }, mismatch],
  [
    'whose body was swapped, under the name of UNSIGNED-PAYLOAD',
    {
      ...withHeader(signed({ service: 'iam', body: deleteRole }), 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD'),
      body: createRole,
    },
    mismatch,
  ],
  ['signed for one service and sent to another', signed({ body: deleteRole }), mismatch],
  ['signed for a service that there is not', signed({ service: 's3' }), mismatch],
  ['replayed after five minutes', signed({}, -301), mismatch],
  ['from more than five minutes ahead', signed({}, 600), mismatch],
  [
    'with a date in its scope that is another',
    signed({ headers: { host, 'x-amz-date': '20200101T000000Z' } }),
    incomplete,
  ],
  ['with an x-amz header that nobody signed', withHeader(signed(), 'x-amz-extra', 'evil'), incomplete],
  ['whose host nobody signed', signed({ signedHeaders: ['x-amz-date'] }), incomplete],
  ['that was signed for another host', withHeader(signed(), 'host', 'localhost'), mismatch],
  ['whose query was added to', withQuery(signed(), () => 'x=1'), mismatch],
  ['with an Action in the query beside the body’s', signed({ query: 'Action=DeleteRole' }), malformed],
  ['whose query names an Action twice', signed({ query: 'Action=A&Action=B' }), malformed],
  [
    'of temporary keys without their token',
    signRequest({ ...optionsFor({ ...mine, sessionToken: '' }) }),
    unknownToken,
  ],
  [
    'with a victim’s session token beside one’s own key',
    signedBy({ ...mine, sessionToken: victims.sessionToken ?? '' }),
    unknownToken,
  ],
  [
    'with a victim’s session token beside the root’s id',
    signed({ sessionToken: victims.sessionToken ?? '' }),
    unknownToken,
  ],
  [
    'with a victim’s token and key id, without the secret',
    signedBy({ ...victims, secretAccessKey: mine.secretAccessKey }),
    mismatch,
  ],
  [
    'with a session token cut short',
    signedBy({ ...mine, sessionToken: mine.sessionToken?.slice(0, -4) ?? '' }),
    unknownToken,
  ],
  ['with a session token of three letters', signedBy({ ...mine, sessionToken: 'abc' }), unknownToken],
  [
    'with a session token that was padded',
    signedBy({ ...mine, sessionToken: `${mine.sessionToken}==` }),
    unknownToken,
  ],
  [
    'with two session tokens in one',
    signedBy({ ...mine, sessionToken: `${mine.sessionToken}${mine.sessionToken}` }),
    unknownToken,
  ],
  ['with keys of another installation', signedBy(foreign), unknownToken],
  ['whose URL is good for more than a week', presigned({}, 604_801), incomplete],
  ['whose URL is good for less than no time', presigned({}, -1), incomplete],
  ['whose URL is good for no time', presigned({}, 0), incomplete],
  [
    'whose URL was made longer-lived',
    withQuery(presigned(), query => query.replace('Expires=3600', 'Expires=7200')),
    mismatch,
  ],
  [
    'whose URL does not say for how long',
    withQuery(presigned(), query => query.replace('&X-Amz-Expires=3600', '')),
    incomplete,
  ],
  ['whose URL is over', presigned({}, 60, -61), mismatch],
  ['whose URL is from more than five minutes ahead', presigned({}, 60, 600), mismatch],
  ['whose URL asks for more', withQuery(presigned(), query => `${query}&Extra=1`), mismatch],
  [
    'whose URL asks for something else',
    withQuery(presigned(), query => query.replace('Version', 'Nothing=1&Version')),
    mismatch,
  ],
  [
    'whose URL names its signature twice',
    withQuery(presigned(), query => `${query}&X-Amz-Signature=${'0'.repeat(64)}`),
    malformed,
  ],
  [
    'whose URL has a blank where a plus was signed',
    withQuery(presigned({ Note: 'a+b' }), query => query.replace('a%2Bb', 'a+b')),
    mismatch,
  ],
  [
    'whose URL holds a victim’s token',
    withQuery(presigned(), query =>
      query.replace(
        encodeURIComponent(mine.sessionToken ?? ''),
        encodeURIComponent(victims.sessionToken ?? ''),
      ),
    ),
    unknownToken,
  ],
  ['whose URL is sent as a POST', { ...presigned(), method: 'POST' }, mismatch],
  ['whose URL comes with a body', { ...presigned(), method: 'POST', body: deleteRole }, malformed],
]

for (const [story, request, fault] of attacks) {
  test(`a request ${story} is refused with ${fault.join(', ')}`, async () => {
    const watched = watch(rolecall)
    const answer = await send(request)
    assert.deepEqual(faultIn(answer), fault, answer.text)
    watched.requireNothingGiven(answer.text, rolecall.rootKeys.secretAccessKey, mine.secretAccessKey)
  })
}

test('each letter of a session token counts', async () => {
  const watched = watch(rolecall)
  const token = mine.sessionToken ?? ''
  const step = Math.ceil(token.length / 40)
  for (let at = 0; at < token.length; at += step) {
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    const answer = await send(signedBy({ ...mine, sessionToken: changed }))
    assert.deepEqual(faultIn(answer), unknownToken, `at ${at}`)
    watched.requireNothingGiven(answer.text, token)
  }
})

test('credentials end when they said they would, and say so only to whoever holds their secret', async () => {
  const pastEnd = 3601
  rolecall.advanceMs(pastEnd * 1000)
  const late = (keys: Keys) => send(signRequest(optionsFor(keys, pastEnd)))
  assert.deepEqual(faultIn(await late(mine)), ['ExpiredToken', 403])
  assert.deepEqual(faultIn(await late({ ...mine, secretAccessKey: 'guessed' })), mismatch)
  rolecall.advanceMs(-pastEnd * 1000)
})

test('credentials end with their role, also when a role of its name is made again', async () => {
  const arn = await rolecall.createRole('phoenix', trust)
  const keys = keysOf(await assumeRole(rolecall, arn, issuer.sign()))
  assert.deepEqual((await send(signedBy(keys))).statuses, [200])
  await rolecall.iam().send(new DeleteRoleCommand({ RoleName: 'phoenix' }))
  assert.deepEqual(faultIn(await send(signedBy(keys))), unknownToken)
  await rolecall.createRole('phoenix', trust)
  assert.deepEqual(faultIn(await send(signedBy(keys))), unknownToken)
})

test('after all that the roles are those that were made here', async () => {
  const { Roles = [] } = await rolecall.iam().send(new ListRolesCommand({}))
  assert.deepEqual(Roles.map(one => one.RoleName).sort(), ['phoenix', 'reader'])
})
