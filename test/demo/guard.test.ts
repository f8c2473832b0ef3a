import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test, { after } from 'node:test'
import { askRaw, startForTest } from './start-for-test.ts'

const demo = await startForTest({ after })
const google = demo.google.port
const facebook = demo.facebook.port

const parts = () => [
  [google, '/sample-id-token/ada'] as const,
  [facebook, '/sample-access-token/ada'] as const,
]

for (const name of [
  'Forwarded',
  'Via',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Real-IP',
  'CF-Connecting-IP',
]) {
  test(`a request that came through a proxy or a tunnel (${name}) is refused`, async () => {
    for (const [port, path] of parts()) {
      const answer = await askRaw(port, path, { headers: { [name]: '192.0.2.1' } })
      assert.equal(answer.status, 403)
      assert.match(answer.text, /its own machine/)
    }
  })
}

test('a foreign Host is refused, as DNS rebinding sends it, and so is another port', async () => {
  for (const [port, path] of parts()) {
    const another = port === google ? facebook : google
    const hosts = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${another}`,
      `0.0.0.0:${port}`,
    ]
    for (const host of [...hosts, `127.0.0.1.evil.example:${port}`]) {
      const answer = await askRaw(port, path, { headers: { host } })
      assert.equal(answer.status, 403, `Host: ${host}`)
    }
  }
})

test('a request without a Host, as HTTP/1.0 may send it, is refused', async () => {
  for (const [port, path] of parts()) {
    const socket = connect(port, '127.0.0.1')
    socket.end(`GET ${path} HTTP/1.0\r\n\r\n`)
    let answer = ''
    for await (const part of socket.setEncoding('utf8')) answer += part
    assert.match(answer, /^HTTP\/1\.1 403 /)
  }
})

test('the loopback names of its own port are answered', async () => {
  for (const [port, path] of parts()) {
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      const answer = await askRaw(port, path, { headers: { host: `${name}:${port}` } })
      assert.equal(answer.status, 200, `Host: ${name}`)
    }
  }
})

test('a request line that names another host is refused, whatever the Host header says', async () => {
  for (const [port] of parts()) {
    for (const target of ['http://evil.example/', '//evil.example/']) {
      assert.equal((await askRaw(port, target)).status, 400)
    }
  }
})

test('a POST from a page elsewhere is refused', async () => {
  for (const [port, path] of [
    [google, '/token'],
    [google, '/interaction/x'],
    [facebook, '/v23.0/dialog/oauth'],
    [facebook, '/v23.0/oauth/access_token'],
  ] as const) {
    for (const origin of ['https://evil.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1']) {
      const answer = await askRaw(port, path, { method: 'POST', headers: { origin } })
      assert.equal(answer.status, 403, origin)
      assert.match(answer.text, /no forms/)
    }
  }
})

test('no page elsewhere may read an answer', async () => {
  const headers = { origin: 'https://evil.example' }
  for (const [port, path] of [
    ...parts(),
    [google, '/jwks'] as const,
    [google, '/.well-known/openid-configuration'] as const,
    [google, '/userinfo'] as const,
    [facebook, '/v23.0/me'] as const,
  ]) {
    const answer = await askRaw(port, path, { headers })
    const opening = Object.keys(answer.headers).filter(name => name.startsWith('access-control-'))
    assert.deepEqual(opening, [], path)
    assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  }
  for (const [port, path] of parts()) {
    assert.equal((await askRaw(port, path, { method: 'OPTIONS', headers })).status, 405)
  }
})

test('a large body is refused by its announced length, and one without a length at once', async () => {
  for (const [port, path] of [
    [google, '/token'],
    [facebook, '/v23.0/oauth/access_token'],
  ] as const) {
    const large = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: 'x'.repeat(16_385) })
    assert.equal(large.status, 413)
    const chunked = { 'transfer-encoding': 'chunked' }
    assert.equal((await askRaw(port, path, { method: 'POST', headers: chunked })).status, 411)
  }
})
