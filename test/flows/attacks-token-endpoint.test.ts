import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../support/no-leak.ts'
import { sendRaw } from '../support/raw-http.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const role = await rolecall.createRole('reader', trusting(rolecall.accountId, issuer))

const type = 'Content-Type: application/x-www-form-urlencoded'
const asked = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  subject_token: issuer.sign(),
  resource: role,
}
const form = new URLSearchParams(asked).toString()
const without = (name: keyof typeof asked) => form.replace(new RegExp(`(^|&)${name}=[^&]*`), '')

async function send(
  body: string | Buffer,
  headers: readonly string[] = [type],
  target = '/token',
  method = 'POST',
) {
  const head = [
    `${method} ${target} HTTP/1.1`,
    `Host: localhost:${rolecall.port}`,
    ...headers,
    ...(headers.some(line => line.startsWith('Transfer-'))
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`]),
    'Connection: close',
  ]
  const { statuses, text } = await sendRaw(rolecall.port, `${head.join('\r\n')}\r\n\r\n`, body)
  return { statuses, text, answer: text.slice(text.indexOf('\r\n\r\n') + 4) }
}

test('the form is good, so that what follows proves something', async () => {
  const { statuses, answer } = await send(form)
  assert.deepEqual(statuses, [200])
  assert.match(JSON.parse(answer).credentials.AccessKeyId, /^ASIA/)
})

const invalid = ['invalid_request', 400] as const
const big = 64 * 1024 + 1
const attacks: [
  story: string,
  body: string | Buffer,
  fault: readonly [error: string, status: number],
  headers?: string[],
  target?: string,
][] = [
  ['a form that does not say its type', form, ['invalid_request', 415], []],
  ['a form that calls itself JSON', form, ['invalid_request', 415], ['Content-Type: application/json']],
  ['JSON', JSON.stringify(asked), ['invalid_request', 415], ['Content-Type: application/json']],
  ['JSON that calls itself a form', JSON.stringify(asked), invalid],
  ['parameters in the query alone', '', invalid, [type], `/token?${form}`],
  [
    'a token in the query',
    without('subject_token'),
    invalid,
    [type],
    `/token?subject_token=${asked.subject_token}`,
  ],
  ['a role twice', `${form}&resource=x`, ['invalid_target', 400]],
  ['a role twice, once in escapes', `${form}&%72esource=x`, ['invalid_target', 400]],
  ['a grant twice', `${form}&grant_type=password`, invalid],
  ['another grant', form.replace('token-exchange', 'jwt-bearer'), ['unsupported_grant_type', 400]],
  ['an actor, whom nobody would check', `${form}&actor_token=x`, invalid],
  ['a provider beside an ID token', `${form}&provider_id=graph.facebook.com`, invalid],
  ['an ID token as an access token', form.replace('id_token', 'access_token'), invalid],
  [
    'a kind of token called __proto__',
    form.replace(/subject_token_type=[^&]*/, 'subject_token_type=__proto__'),
    invalid,
  ],
  ['no token', without('subject_token'), invalid],
  ['no role', without('resource'), invalid],
  ['an empty role', `${without('resource')}&resource=`, invalid],
  ['an empty policy, which would narrow nothing', `${form}&policy=`, invalid],
  ['a policy that is none', `${form}&policy=%7B%7D`, invalid],
  ['an audience with a line break', `${form}&audience=a%0d%0ab`, ['invalid_target', 400]],
  ['a duration in another notation', `${form}&duration_seconds=9e2`, invalid],
  ['less time than anybody gets', `${form}&duration_seconds=0`, invalid],
  ['more time than the role allows', `${form}&duration_seconds=43200`, invalid],
  ['a session named with a slash', `${form}&session_name=a/b`, invalid],
  ['a role of nobody’s', form.replace('reader', 'nobody'), ['invalid_target', 400]],
  ['a broken escape', `${form}&a=%zz`, invalid],
  ['an escape that is not UTF-8', `${form}&a=%ff`, invalid],
  ['bytes that are not UTF-8', Buffer.from(`${form}&a=\xff`, 'latin1'), invalid],
  ['a tail behind a thousand separators', `${form}${'&'.repeat(1000)}policy=x`, invalid],
  ['a body that says it is packed', form, invalid, [type, 'Content-Encoding: gzip']],
  [
    'a transfer that says it is packed',
    `${form.length.toString(16)}\r\n${form}\r\n0\r\n\r\n`,
    invalid,
    [type, 'Transfer-Encoding: gzip, chunked'],
  ],
  ['a body that is too large', form.padEnd(big, '&'), ['invalid_request', 413]],
  [
    'a body that grows too large',
    `${big.toString(16)}\r\n${form.padEnd(big, '&')}\r\n0\r\n\r\n`,
    ['invalid_request', 413],
    [type, 'Transfer-Encoding: chunked'],
  ],
]

for (const [story, body, fault, headers, target] of attacks) {
  test(`${story} is refused with ${fault.join(', ')}`, async () => {
    const watched = watch(rolecall)
    const { statuses, text, answer } = await send(body, headers, target)
    const { error, error_description: description, ...more } = JSON.parse(answer)
    assert.deepEqual([error, statuses[0]], fault, answer)
    assert.deepEqual(more, {})
    // RFC 6749, section 5.2
    assert.match(description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    assert.match(text, /^cache-control: no-store\r$/im)
    assert.doesNotMatch(text, /access-control-|set-cookie/i)
    watched.requireNothingGiven(text, asked.subject_token)
  })
}

for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
  test(`${method} on the token endpoint gives nothing`, async () => {
    const watched = watch(rolecall)
    const { statuses, text } = await send(form, [type], `/token?${form}`, method)
    assert.deepEqual(statuses, [405])
    watched.requireNothingGiven(text)
  })
}
