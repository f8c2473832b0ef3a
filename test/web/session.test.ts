import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import express from 'express'
import supertest from 'supertest'
import { createSession } from '../../server/web/session.ts'
import { openEmbeddedStore } from '../support/stores.ts'

const { webSessions } = await openEmbeddedStore()
const oldKey = createSecretKey(randomBytes(32))
const newKey = createSecretKey(randomBytes(32))

/** Remembers how often its browser came. */
function serviceWith(cookieKeys: readonly [typeof newKey, ...(typeof newKey)[]], production = true) {
  const app = express()
  app.use(createSession({ webSessions, cookieKeys, production, clock: Date.now }))
  app.get('/look', (request, response) => void response.send(String(request.session.expiresAtMs ?? 'nobody')))
  app.get('/sign-in', (request, response) => {
    request.session.expiresAtMs = Date.now() + 60_000
    response.send('signed in')
  })
  return (path: string, headers: Record<string, string> = {}) =>
    supertest(app)
      .get(path)
      .set({ 'x-forwarded-proto': 'https', ...headers })
}

const get = serviceWith([newKey, oldKey])
const cookieFrom = async (service = get) => {
  const [line = ''] = (await service('/sign-in')).headers['set-cookie'] ?? []
  return line
}

test('in production the cookie is bound to https and to this very host', async () => {
  assert.match(await cookieFrom(), /^__Host-rolecall=s%3A[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
})

test('a cookie under the plain name, which a sister site could plant, is nobody’s in production', async () => {
  const [pair = ''] = (await cookieFrom()).split(';')
  assert.notEqual((await get('/look', { cookie: pair })).text, 'nobody')
  assert.equal((await get('/look', { cookie: pair.replace('__Host-', '') })).text, 'nobody')
})

test('a cookie that was signed with the key before still counts, one of any other key does not', async () => {
  const pairOf = async (key: typeof newKey) => (await cookieFrom(serviceWith([key]))).split(';')[0] ?? ''
  assert.notEqual((await get('/look', { cookie: await pairOf(oldKey) })).text, 'nobody')
  const foreign = createSecretKey(randomBytes(32))
  assert.equal((await get('/look', { cookie: await pairOf(foreign) })).text, 'nobody')
})

test('whoever only looks is given no cookie', async () => {
  assert.equal((await get('/look')).headers['set-cookie'], undefined)
})
