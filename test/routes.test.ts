import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { beforeEach, test } from 'node:test'
import express from 'express'
import supertest from 'supertest'
import { type Reason, Refusal } from '../server/base/refusal.ts'
import { createFactsReader } from '../server/http/request-facts.ts'
import { composeRoutes } from '../server/routes.ts'

/** The doors that were knocked on, in order, each answering with its name. */
let knocked: string[] = []
let refusal: Reason | undefined
let failure: Error | undefined
let logged: object[] = []
beforeEach(() => {
  knocked = []
  refusal = undefined
  failure = undefined
  logged = []
})

const door = (name: string) => async (_request: IncomingMessage, response: ServerResponse) => {
  if (failure !== undefined) throw failure
  knocked.push(name)
  response.end(name)
}

const web = express.Router()
web.use((request, response) => {
  if (failure !== undefined) throw failure
  return door('web')(request, response)
})

const service = supertest(
  composeRoutes({
    cors: () => false,
    otherIssuers: [],
    guard() {
      knocked.push('guard')
      if (refusal !== undefined) throw new Refusal(refusal, { detail: 'for the log alone' })
    },
    aws: door('aws'),
    token: door('token'),
    issuer: 'https://login.example',
    jwks: async () => ({ keys: [] }),
    samlMetadata: async () => '<EntityDescriptor/>',
    isCurrent: () => true,
    web,
    async isReady() {
      if (failure !== undefined) throw failure
    },
    factsOf: createFactsReader([], () => 0),
    log: {
      error: (context: object) => logged.push(context),
      info: (context: object) => logged.push(context),
    },
  }),
)

for (const [method, path, name] of [
  ['post', '/', 'aws'],
  ['post', '/?Action=GetCallerIdentity', 'aws'],
  ['get', '/?Action=GetCallerIdentity', 'aws'],
  ['get', '/?X-Amz-Date=x&Action=GetCallerIdentity', 'aws'],
  ['get', '/', 'web'],
  ['get', '/?notice=cancelled', 'web'],
  ['get', '/?Reaction=x', 'web'],
  ['put', '/?Action=GetCallerIdentity', 'web'],
  ['delete', '/', 'web'],
  ['post', '/token', 'token'],
  ['post', '/roles', 'web'],
] as const) {
  test(`${method.toUpperCase()} ${path} is for the door “${name}”, past the guard and nobody else`, async () => {
    assert.equal((await service[method](path)).text, name)
    assert.deepEqual(knocked, ['guard', name])
  })
}

for (const [story, method, path, headers] of [
  [
    'aws s3 ls, sent here by AWS_ENDPOINT_URL',
    'get',
    '/',
    { authorization: 'AWS4-HMAC-SHA256 Credential=x' },
  ],
  ['an SDK whose endpoint has a path', 'post', '/sts', { 'amz-sdk-invocation-id': 'x' }],
] as const) {
  test(`${story}: is told so in a form that it reads, and not with a page`, async () => {
    const answer = await service[method](path).set(headers)
    assert.equal(answer.status, 404)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(
      answer.text,
      /^<ErrorResponse><Error><Code>UnknownOperationException<\/Code><Message>There is no such operation here/,
    )
    assert.deepEqual(knocked, ['guard'])
  })
}

test('a signed request to the token endpoint is that one’s to refuse', async () => {
  const answer = await service.post('/token').set({ authorization: 'AWS4-HMAC-SHA256 Credential=x' })
  assert.equal(answer.text, 'token')
})

test('a HEAD runs no action, since nobody could read its answer', async () => {
  await service.head('/?Action=GetCallerIdentity')
  assert.deepEqual(knocked, ['guard', 'web'])
})

test('whether the service is well may be asked past the guard', async () => {
  const answer = await service.get('/healthz')
  assert.deepEqual([answer.status, answer.text, answer.headers['cache-control']], [200, 'ok\n', 'no-store'])
  assert.deepEqual(knocked, [])
})

for (const [reason, status] of [
  ['request.malformed', 400],
  ['request.foreignHost', 421],
  ['request.insecure', 403],
  ['store.unavailable', 503],
] as const) {
  test(`what the guard refuses as ${reason} is ${status} at every door, and no door sees it`, async () => {
    refusal = reason
    for (const [method, path] of [
      ['post', '/'],
      ['get', '/?Action=x'],
      ['get', '/'],
      ['post', '/token'],
      ['get', '/.well-known/jwks.json'],
      ['get', '/healthz/'],
      ['get', '/healthz/../roles'],
      ['options', '/'],
    ] as const) {
      const answer = await service[method](path)
      assert.equal(answer.status, status, path)
      assert.equal(answer.type, 'text/plain')
      assert.ok(!answer.text.includes('for the log alone'))
    }
    assert.deepEqual(new Set(knocked), new Set(['guard']))
  })
}

for (const path of ['/healthz', '/roles', '/?Action=GetCallerIdentity']) {
  test(`a bug behind ${path} is answered with its request id alone`, async () => {
    failure = new TypeError('secret innards')
    const answer = await service.get(path)
    assert.equal(answer.status, 503)
    assert.doesNotMatch(answer.text, /innards|TypeError|\.ts/)
    const requestId = answer.headers['x-request-id'] ?? ''
    assert.ok(requestId !== '' && answer.text.includes(requestId))
    assert.deepEqual(logged, [{ requestId, err: failure }])
  })
}

test('nothing says what the service is made of', async () => {
  for (const path of ['/', '/healthz', '/.well-known/jwks.json']) {
    const { headers } = await service.get(path)
    assert.equal(headers['x-powered-by'], undefined)
    assert.equal(headers.server, undefined)
  }
})
