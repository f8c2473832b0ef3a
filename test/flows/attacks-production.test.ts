import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'
import supertest from 'supertest'
import { makeKey, signToken } from '../support/issuer.ts'
import { watch } from '../support/no-leak.ts'
import { faultIn, sendWire } from '../support/raw-http.ts'
import { startRolecall } from '../support/rolecall.ts'
import { assumeForm } from '../support/rolecall-process.ts'
import { signRequest } from '../support/sign-request.ts'

const host = 'login.example.com'
const origin = `https://${host}`
const settings = { NODE_ENV: 'production', ROLECALL_PUBLIC_URL: origin }
const rolecall = await startRolecall({
  ...settings,
  ROLECALL_TRUSTED_PROXIES: '127.0.0.1',
  GOOGLE_CLIENT_ID: 'client',
  GOOGLE_CLIENT_SECRET: 'secret',
})
const notBehindProxy = await startRolecall({ ...settings, ROLECALL_TRUSTED_PROXIES: '10.0.0.7' })

const behindProxy = { host, 'x-forwarded-proto': 'https' }
const serviceAt = (one = rolecall) => supertest(`http://127.0.0.1:${one.port}`)
const get = (path: string, headers: Record<string, string> = behindProxy) =>
  serviceAt().get(path).set(headers)

/** A signed call of the root's, as the proxy passes it on. */
function call(body: string, service = 'sts', proto = 'https') {
  const { accessKeyId, secretAccessKey: secret } = rolecall.rootKeys
  const headers = { host, 'x-forwarded-proto': proto }
  return sendWire(
    rolecall.port,
    signRequest({
      accessKeyId,
      secret,
      at: new Date(),
      service,
      body,
      headers,
      signedHeaders: ['host', 'x-amz-date'],
    }),
  )
}

const whoAmI = 'Action=GetCallerIdentity&Version=2011-06-15'

test('over https every door is open, so that what follows proves something', async () => {
  for (const path of ['/', '/.well-known/jwks.json']) assert.equal((await get(path)).status, 200)
  assert.deepEqual((await call(whoAmI)).statuses, [200])
})

const doors = [
  ['post', '/'],
  ['get', `/?${whoAmI}`],
  ['post', '/token'],
  ['get', '/'],
  ['get', '/roles'],
  ['get', '/sign-in/google'],
  ['post', '/credentials'],
  ['get', '/.well-known/jwks.json'],
] as const
for (const [story, headers, one] of [
  ['that says nothing of https', { host }, rolecall],
  ['that came over http', { host, 'x-forwarded-proto': 'http' }, rolecall],
  ['that came over http, and claimed https before', { host, 'x-forwarded-proto': 'https, http' }, rolecall],
  [
    'that says https by another header',
    { host, 'x-forwarded-ssl': 'on', forwarded: 'proto=https' },
    rolecall,
  ],
  ['from whoever is no proxy of ours', behindProxy, notBehindProxy],
] as const) {
  test(`a request ${story} is refused at every door`, async () => {
    const watched = watch(one)
    for (const [method, path] of doors) {
      const answer = await serviceAt(one)[method](path).set(headers)
      assert.equal(answer.status, 403, path)
      assert.match(answer.text, /over https only/)
      assert.equal(answer.headers['set-cookie'], undefined)
      watched.requireNothingGiven(answer.text)
    }
  })
}

test('a good signature does not make plain http good enough', async () => {
  assert.deepEqual((await call(whoAmI, 'sts', 'http')).statuses, [403])
})

for (const name of [
  'localhost',
  `127.0.0.1:${rolecall.port}`,
  '[::1]',
  `${host}.evil.example`,
  `${host}:8443`,
]) {
  test(`the name ${name} is not served in production`, async () => {
    assert.equal((await get('/', { ...behindProxy, host: name })).status, 421)
  })
}

test('browsers are told to come over https for a year', async () => {
  for (const path of ['/', '/roles', '/nothing', '/assets/rolecall.css']) {
    const { headers } = await get(path)
    assert.match(headers['strict-transport-security'] ?? '', /^max-age=31536000\b/, path)
  }
})

test('the cookie of a sign-in is bound to https and to this very host', async () => {
  const { headers, status } = await get('/sign-in/google')
  assert.equal(status, 302)
  const target = new URL(headers.location ?? '')
  assert.equal(target.origin, 'https://accounts.google.com')
  assert.equal(target.searchParams.get('redirect_uri'), `${origin}/sign-in/google/callback`)
  const [cookie = '', ...more] = headers['set-cookie'] ?? []
  assert.equal(more.length, 0)
  assert.match(cookie, /^__Host-rolecall-browser=[\w-]{43}; /)
  for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) {
    assert.ok(cookie.includes(`; ${attribute}`), `${attribute} in ${cookie}`)
  }
  assert.doesNotMatch(cookie, /domain/i)
})

test('a cookie that a sister site planted, without the prefix, counts for nothing', async () => {
  const planted = 'A'.repeat(43)
  const { headers } = await get('/sign-in/google', { ...behindProxy, cookie: `rolecall-browser=${planted}` })
  assert.ok(!String(headers['set-cookie']).includes(planted))
})

test('signing out takes the very cookie away that a sign-in gave', async () => {
  const answer = await serviceAt()
    .post('/sign-out')
    .set({ ...behindProxy, origin })
  const [cookie = ''] = answer.headers['set-cookie'] ?? []
  assert.match(cookie, /^__Host-rolecall=; .*Expires=Thu, 01 Jan 1970.*Secure/)
})

const register = (url: string) => {
  const parameters = new URLSearchParams({ Url: url, 'ClientIDList.member.1': 'a' })
  return call(`Action=CreateOpenIDConnectProvider&Version=2010-05-08&${parameters}`, 'iam')
}

for (const url of ['http://127.0.0.1:1', 'http://localhost:1', 'http://issuer.example']) {
  test(`an issuer at ${url} can’t be registered in production`, async () => {
    const watched = watch(rolecall)
    const answer = await register(url)
    assert.deepEqual(faultIn(answer), ['ValidationError', 400])
    watched.requireNothingGiven(answer.text)
  })
}

test('no issuer makes us call an address that only we can reach', async () => {
  let connections = 0
  const inside = createServer(socket => {
    connections++
    socket.destroy()
  })
  after(() => inside.close())
  inside.listen(0, '127.0.0.1')
  await once(inside, 'listening')
  const { port } = inside.address() as AddressInfo
  const key = makeKey('RS256')
  for (const name of ['127.0.0.1', 'localhost', '0.0.0.0']) {
    const iss = `https://${name}:${port}`
    assert.deepEqual((await register(iss)).statuses, [200])
    const token = signToken({ iss, sub: 'a', aud: 'a', iat: Date.now() / 1000, exp: 4e9 }, key)
    const answer = await serviceAt()
      .post('/')
      .set(behindProxy)
      .type('form')
      .send(assumeForm(rolecall.roleArn('reader'), token))
    assert.match(answer.text, /<Code>IDPCommunicationError</, name)
  }
  assert.equal(connections, 0)
})

test('no stand-in takes anybody’s part', async () => {
  assert.doesNotMatch((await get('/')).text, /stand-in|demo/i)
})
