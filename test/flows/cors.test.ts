import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePool } from '../support/identity-pool.ts'
import { startRolecall } from '../support/rolecall.ts'

const app = 'https://app.example.com'
const rolecall = await startRolecall({ ROLECALL_CORS_ORIGINS: `${app}, http://localhost:5173` })
const pool = await makePool(rolecall)

const url = (path: string, port = rolecall.port) => `http://127.0.0.1:${port}${path}`
const preflight = (path: string, origin: string | undefined, port?: number) =>
  fetch(url(path, port), {
    method: 'OPTIONS',
    headers: {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-amz-target',
      ...(origin === undefined ? {} : { origin }),
    },
  })
const getId = (origin: string, port?: number) =>
  fetch(url('/', port), {
    method: 'POST',
    body: JSON.stringify({ IdentityPoolId: pool.id }),
    headers: {
      origin,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityService.GetId',
    },
  })
const allowed = (answer: Response) => answer.headers.get('access-control-allow-origin')

for (const path of ['/', '/token']) {
  for (const origin of [app, 'http://localhost:5173']) {
    test(`a preflight of ${origin} at ${path} is answered with that origin and what SDKs send`, async () => {
      const answer = await preflight(path, origin)
      assert.equal(answer.status, 204)
      assert.equal(allowed(answer), origin)
      assert.equal(answer.headers.get('vary'), 'Origin')
      assert.equal(answer.headers.get('access-control-allow-methods'), 'POST')
      assert.equal(answer.headers.get('access-control-allow-credentials'), null)
      const headers = answer.headers.get('access-control-allow-headers')?.split(', ') ?? []
      for (const name of [
        'content-type',
        'x-amz-target',
        'x-amz-user-agent',
        'authorization',
        'amz-sdk-request',
      ]) {
        assert.ok(headers.includes(name), name)
      }
    })
  }

  for (const origin of [
    undefined,
    'https://evil.example',
    'https://app.example.com.evil.example',
    'https://sub.app.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'HTTPS://APP.EXAMPLE.COM',
    'null',
    '*',
  ]) {
    test(`a preflight of ${origin} at ${path} gets no leave`, async () => {
      const answer = await preflight(path, origin)
      assert.equal(allowed(answer), null)
      assert.equal(answer.headers.get('access-control-allow-headers'), null)
      assert.equal(answer.headers.get('vary'), 'Origin')
    })
  }
}

test('answers may be read by the pages that are listed, refusals too', async () => {
  const answer = await getId(app)
  assert.equal(answer.status, 200)
  assert.equal(allowed(answer), app)
  assert.equal(answer.headers.get('vary'), 'Origin')
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /x-amzn-errortype/)
  const stranger = await getId('https://evil.example')
  assert.equal(allowed(stranger), null)
  const token = await fetch(url('/token'), { method: 'POST', headers: { origin: app } })
  assert.equal(token.status, 415)
  assert.equal(allowed(token), app)
})

test('nothing else may be read from elsewhere', async () => {
  for (const [path, method] of [
    ['/account', 'GET'],
    ['/sign-out', 'POST'],
    ['/credentials', 'OPTIONS'],
    ['/', 'GET'],
    ['/token/', 'OPTIONS'],
  ] as const) {
    const answer = await fetch(url(path), { method, headers: { origin: app }, redirect: 'manual' })
    assert.equal(allowed(answer), null, path)
  }
})

test('without a list there is no leave for anybody', async () => {
  const plain = await startRolecall()
  const answer = await preflight('/', app, plain.port)
  assert.equal(allowed(answer), null)
  assert.equal(allowed(await getId(app, plain.port)), null)
})
