import assert from 'node:assert/strict'
import { test } from 'node:test'
import express, { type NextFunction, type Request, type Response } from 'express'
import supertest from 'supertest'
import { Refusal } from '../../server/base/refusal.ts'
import { redirectToPublicHost, requireOwnPages } from '../../server/web/own-pages.ts'

const publicUrl = 'http://localhost:3000'

const app = express()
app.use(redirectToPublicHost(publicUrl))
app.post('/', requireOwnPages(publicUrl))
app.use((_request: Request, response: Response) => void response.send('served'))
app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
  response.status(403).send(error instanceof Refusal ? error.reason : String(error))
})

const withHost = (method: 'get' | 'post', path: string, host = 'localhost:3000') =>
  supertest(app)[method](path).set('host', host)

for (const [story, headers, expected] of [
  ['from our own page', { origin: publicUrl }, 'served'],
  ['from our own page, by a browser that sends no Origin', { 'sec-fetch-site': 'same-origin' }, 'served'],
  ['that says nothing', {}, 'request.crossOrigin'],
  ['from another site', { origin: 'https://evil.example' }, 'request.crossOrigin'],
  ['from a sandboxed frame', { origin: 'null' }, 'request.crossOrigin'],
  ['from nowhere', { origin: '' }, 'request.crossOrigin'],
  ['from a sister port', { origin: 'http://localhost:3001' }, 'request.crossOrigin'],
  ['from the port of plain http', { origin: 'http://localhost' }, 'request.crossOrigin'],
  ['from our name on https', { origin: 'https://localhost:3000' }, 'request.crossOrigin'],
  ['from this machine’s other name', { origin: 'http://127.0.0.1:3000' }, 'request.crossOrigin'],
  ['from a name below ours', { origin: 'http://evil.localhost:3000' }, 'request.crossOrigin'],
  [
    'from a name that begins like ours',
    { origin: 'http://localhost:3000.evil.example' },
    'request.crossOrigin',
  ],
  [
    'from a name with ours as its user',
    { origin: 'http://localhost:3000@evil.example' },
    'request.crossOrigin',
  ],
  ['from our name with a slash', { origin: `${publicUrl}/` }, 'request.crossOrigin'],
  [
    'from our name in capitals, as no browser writes it',
    { origin: 'HTTP://LOCALHOST:3000' },
    'request.crossOrigin',
  ],
  ['from us and from another', { origin: `${publicUrl}, https://evil.example` }, 'request.crossOrigin'],
  [
    'from another site, by a browser that sends no Origin',
    { 'sec-fetch-site': 'cross-site' },
    'request.crossOrigin',
  ],
  [
    'from the same site, by a browser that sends no Origin',
    { 'sec-fetch-site': 'same-site' },
    'request.crossOrigin',
  ],
  ['that a person typed, if that could be', { 'sec-fetch-site': 'none' }, 'request.crossOrigin'],
  [
    'from another site that says it is ours',
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    'request.crossOrigin',
  ],
  ['from us by its Referer alone', { referer: `${publicUrl}/roles` }, 'request.crossOrigin'],
] as const) {
  test(`a POST ${story}: ${expected}`, async () => {
    assert.equal((await withHost('post', '/').set(headers)).text, expected)
  })
}

for (const [path, target] of [
  ['/', '/'],
  ['/?notice=cancelled', '/'],
  ['/roles', '/roles'],
  ['/sign-in/google/callback?code=a&state=b', '/roles'],
  ['//evil.example', '/roles'],
  ['/\\evil.example', '/roles'],
  ['/%0d%0aLocation:%20evil.example', '/roles'],
] as const) {
  test(`GET ${path} under this machine’s other name is sent to the public ${target}, and to nothing it says`, async () => {
    const { status, headers } = await withHost('get', path, '127.0.0.1:3000')
    assert.deepEqual([status, headers.location], [302, `${publicUrl}${target}`])
  })
}

test('under the public name nobody is sent anywhere, whatever a proxy is said to have seen', async () => {
  for (const host of ['localhost:3000', 'LOCALHOST:3000']) {
    const answer = await withHost('get', '/', host).set('x-forwarded-host', 'evil.example')
    assert.equal(answer.text, 'served')
  }
})
