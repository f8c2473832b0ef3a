import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../support/no-leak.ts'
import { faultIn, sendRaw } from '../support/raw-http.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { assumeForm, keysIn } from '../support/rolecall-process.ts'

const rolecall = await startRolecall()
const { port } = rolecall
const issuer = await rolecall.registerIssuer()
const role = await rolecall.createRole('reader', trusting(rolecall.accountId, issuer))

/** Everything that follows would hand out credentials, if only it were taken. */
const form = assumeForm(role, issuer.sign())
const type = 'Content-Type: application/x-www-form-urlencoded'
const ours = `Host: localhost:${port}`

function text(line: string, headers: string[], body = ''): string {
  return [line, ...headers, '', body].join('\r\n')
}

/** One request that ends its connection. */
function once(line: string, headers: string[] = [ours], body: string | Buffer = ''): (string | Buffer)[] {
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  return [text(line, [...headers, length, 'Connection: close']), body]
}
const post = (body: string | Buffer, ...headers: string[]) =>
  once('POST / HTTP/1.1', [ours, ...headers], body)

test('the form is good, so that what follows proves something', async () => {
  assert.ok(keysIn((await sendRaw(port, ...post(form, type))).text))
  assert.ok(keysIn((await sendRaw(port, ...once(`GET /?${form} HTTP/1.1`))).text))
})

// Two readers that take one request for two, or for another: each ends here with 400 and the connection.
const behind = text(`GET /?${form} HTTP/1.1`, [ours, 'Connection: close'])
const inChunks = `${form.length.toString(16)}\r\n${form}\r\n0\r\n\r\n`
const chunked = 'Transfer-Encoding: chunked'
for (const [story, bytes] of [
  [
    'a length beside chunks (CL.TE)',
    text('POST / HTTP/1.1', [ours, 'Content-Length: 5', chunked], `0\r\n\r\n${behind}`),
  ],
  [
    'chunks beside a length (TE.CL)',
    text('POST / HTTP/1.1', [ours, chunked, 'Content-Length: 5'], `0\r\n\r\n${behind}`),
  ],
  [
    'two lengths',
    text('POST / HTTP/1.1', [ours, 'Content-Length: 0', `Content-Length: ${behind.length}`], behind),
  ],
  ['one length twice', text('POST / HTTP/1.1', [ours, 'Content-Length: 0', 'Content-Length: 0'], behind)],
  ['a list of lengths', text('POST / HTTP/1.1', [ours, 'Content-Length: 0, 0'], behind)],
  ['a length with a sign', text('POST / HTTP/1.1', [ours, 'Content-Length: +0'], behind)],
  ['a length in hexadecimal', text('POST / HTTP/1.1', [ours, 'Content-Length: 0x0'], behind)],
  ['a folded header', text('POST / HTTP/1.1', [ours, 'X-A: b', ` ${chunked}`, 'Content-Length: 0'], behind)],
  ['a blank before a colon', text('POST / HTTP/1.1', [ours, 'Transfer-Encoding : chunked'], inChunks)],
  ['a blank before the first header', text('POST / HTTP/1.1', [` ${ours}`, chunked], inChunks)],
  ['chunks that are not last', text('POST / HTTP/1.1', [ours, `${chunked}, identity`], inChunks)],
  ['chunks that are misspelt', text('POST / HTTP/1.1', [ours, 'Transfer-Encoding: xchunked'], inChunks)],
  ['chunks twice', text('POST / HTTP/1.1', [ours, chunked, chunked], inChunks)],
  ['a chunk of a negative size', text('POST / HTTP/1.1', [ours, chunked], '-1\r\na\r\n0\r\n\r\n')],
  [
    'a chunk of a size beyond all numbers',
    text('POST / HTTP/1.1', [ours, chunked], `${'f'.repeat(17)}\r\na\r\n0\r\n\r\n`),
  ],
  ['a chunk extension with a bare line feed', text('POST / HTTP/1.1', [ours, chunked], `1;a\n\r\n${behind}`)],
  ['bare line feeds', text('POST / HTTP/1.1', [ours, chunked], inChunks).replaceAll('\r\n', '\n')],
  ['a NUL in a header', text('POST / HTTP/1.1', [ours, 'X-A: a\0b', chunked], inChunks)],
  ['a header without a name', text('POST / HTTP/1.1', [ours, ': b', chunked], inChunks)],
  ['a method that there is not', text('GIVE / HTTP/1.1', [ours, chunked], inChunks)],
  ['no Host at all', text('POST / HTTP/1.1', [chunked, type], inChunks)],
] as const) {
  test(`a request with ${story} is answered once, with 400, and the connection ends`, async () => {
    const watched = watch(rolecall)
    const { statuses, text: answer } = await sendRaw(port, bytes)
    assert.deepEqual(statuses, [400], answer)
    watched.requireNothingGiven(answer)
  })
}

// The service's own 400: what HTTP lets pass, and yet nobody honest sends.
for (const [story, request] of [
  ['two Hosts, ours first', once(`GET /?${form} HTTP/1.1`, [ours, 'Host: evil.example'])],
  ['two Hosts, ours last', once(`GET /?${form} HTTP/1.1`, ['Host: evil.example', ours])],
  ['our Host twice', once(`GET /?${form} HTTP/1.1`, [ours, ours])],
  ['another host in its target', once(`GET http://evil.example/?${form} HTTP/1.1`)],
  ['another host in its target, and a body', once('POST http://evil.example/ HTTP/1.1', [ours, type], form)],
  ['another scheme in its target', once(`GET ftp://localhost/?${form} HTTP/1.1`)],
  ['a target that is no URL', once(`GET http://[::1?${form} HTTP/1.1`)],
  ['an asterisk as its target', once('OPTIONS * HTTP/1.1')],
  ['an asterisk as the target of a GET', once('GET * HTTP/1.1')],
  ['a broken escape in its path', once('GET /%zz HTTP/1.1')],
  ['an escape in its path that is cut short', once('POST /sign-out%4 HTTP/1.1')],
  ['an escape in its path that is not UTF-8', once('GET /assets/%ff%fe HTTP/1.1')],
] as const) {
  test(`a request with ${story} is refused with 400 before any door`, async () => {
    const watched = watch(rolecall)
    const { statuses, text: answer } = await sendRaw(port, ...request)
    assert.deepEqual(statuses, [400], answer)
    assert.match(answer, /The request could not be read/)
    watched.requireNothingGiven(answer)
  })
}

const malformed = ['MalformedQueryString', 400] as const
const unsupported = ['UnsupportedMediaType', 415] as const
const noAction = ['InvalidAction', 400] as const
const tooLarge = ['RequestEntityTooLarge', 413] as const
const big = 512 * 1024 + 1
for (const [story, request, fault] of [
  [
    'an Action in the query beside the body’s',
    once('POST /?Action=GetCallerIdentity HTTP/1.1', [ours, type], form),
    malformed,
  ],
  ['its Action twice', post(`${form}&Action=GetCallerIdentity`, type), malformed],
  ['its Action twice, once in escapes', post(`${form}&%41ction=GetCallerIdentity`, type), malformed],
  ['its role twice', post(`${form}&RoleArn=x`, type), malformed],
  ['a parameter twice in the query', once(`GET /?${form}&Version=2011-06-15 HTTP/1.1`), malformed],
  ['a broken escape', post(`${form}&a=%zz`, type), malformed],
  [
    'a broken escape in the query beside a good body',
    once('POST /?%zz HTTP/1.1', [ours, type], form),
    malformed,
  ],
  ['an escape that is not UTF-8', post(`${form}&a=%ff`, type), malformed],
  ['an overlong escape', post(`${form}&a=%c0%80`, type), malformed],
  ['bytes that are not UTF-8', post(Buffer.from(`${form}&a=\xff`, 'latin1'), type), malformed],
  ['UTF-16', post(Buffer.from(form, 'utf16le'), type), malformed],
  ['a thousand parameters too many', post(form + '&a=b'.repeat(1000), type), malformed],
  [
    'a tail behind a thousand separators',
    post(`${form}${'&'.repeat(1000)}Action=GetCallerIdentity`, type),
    malformed,
  ],
  ['an Action that every object has', post('Action=constructor&Version=2011-06-15', type), noAction],
  ['an Action called __proto__', post('Action=__proto__&Version=2011-06-15', type), noAction],
  ['a Version that every object has', post('Action=GetCallerIdentity&Version=__proto__', type), noAction],
  ['a NUL in its Action', post(form.replace('Identity', 'Identity%00'), type), noAction],
  ['an Action of another service', post(form.replace('2011-06-15', '2010-05-08'), type), noAction],
  ['no body and no query', post('', type), ['MissingAction', 400]],
  [
    'JSON',
    post(JSON.stringify(Object.fromEntries(new URLSearchParams(form))), 'Content-Type: application/json'),
    unsupported,
  ],
  ['a form that calls itself JSON', post(form, 'Content-Type: application/json'), unsupported],
  ['a form that calls itself plain text', post(form, 'Content-Type: text/plain'), unsupported],
  [
    'a form that calls itself multipart',
    post(form, 'Content-Type: multipart/form-data; boundary=a'),
    unsupported,
  ],
  ['a body that says it is packed', post(form, type, 'Content-Encoding: gzip'), malformed],
  [
    'a transfer that says it is packed',
    [
      text(
        'POST / HTTP/1.1',
        [ours, type, 'Transfer-Encoding: gzip, chunked', 'Connection: close'],
        inChunks,
      ),
    ],
    malformed,
  ],
  [
    'a body announced as too large',
    [text('POST / HTTP/1.1', [ours, type, `Content-Length: ${big}`])],
    tooLarge,
  ],
  [
    'a body that grows too large',
    [
      text('POST / HTTP/1.1', [ours, type, chunked]),
      `${big.toString(16)}\r\n${form}${'&'.repeat(big)}\r\n0\r\n\r\n${behind}`,
    ],
    tooLarge,
  ],
] as const) {
  test(`a form with ${story} is refused with ${fault.join(', ')}`, async () => {
    const watched = watch(rolecall)
    const answer = await sendRaw(port, ...request)
    assert.deepEqual(faultIn(answer), fault, answer.text)
    assert.equal(answer.statuses.length, 1)
    watched.requireNothingGiven(answer.text)
  })
}

test('names that mean something to objects are just names, in a form and in a head', async () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']
  const more = names.map(name => `&${name}=x&${name}.member.1=x`).join('')
  const heads = names.map(name => `${name}: x`)
  assert.ok(keysIn((await sendRaw(port, ...post(form + more, type, ...heads))).text))
  assert.equal(Object.hasOwn(Object.prototype, 'member'), false)
})

for (const [line, status] of [
  [`HEAD /?${form} HTTP/1.1`, 200],
  ['HEAD / HTTP/1.1', 200],
  [`PUT /?${form} HTTP/1.1`, 404],
  [`DELETE /?${form} HTTP/1.1`, 404],
  [`PATCH /?${form} HTTP/1.1`, 404],
  [`TRACE /?${form} HTTP/1.1`, 404],
  [`OPTIONS /?${form} HTTP/1.1`, 200],
] as const) {
  test(`${line.split(/[ ?]/)[0]} on / gives nothing, and allows no other site anything`, async () => {
    const watched = watch(rolecall)
    const origin = ['Origin: https://evil.example', 'Access-Control-Request-Method: POST']
    const { statuses, text: answer } = await sendRaw(port, ...once(line, [ours, type, ...origin], form))
    assert.deepEqual(statuses, [status])
    assert.doesNotMatch(answer, /access-control-/i)
    // TRACE would show a script the cookies that it may not read.
    assert.ok(!answer.includes('evil.example'))
    watched.requireNothingGiven(answer)
  })
}

test('an HTTP/2 preface, TLS and noise end the connection and nothing else', async () => {
  const watched = watch(rolecall)
  for (const bytes of [
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    Buffer.from('16030100050100000100', 'hex'),
    Buffer.alloc(1000, 0xff),
    `CONNECT evil.example:443 HTTP/1.1\r\n${ours}\r\n\r\n`,
  ]) {
    const { statuses } = await sendRaw(port, bytes)
    assert.ok(statuses.length === 0 || statuses[0] === 400)
  }
  watched.requireNothingGiven('')
})
