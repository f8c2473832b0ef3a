/** What a provider's token endpoint may do to us, with an answer that is otherwise as it should be. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { type RogueProvider, secret, sendJson, startRogueProvider } from '../support/openid-provider.ts'
import { startRolecall } from '../support/rolecall.ts'

const [rogue, other, stranger, basic, inward, elsewhere] = [
  await startRogueProvider(),
  await startRogueProvider(),
  await startRogueProvider(),
  await startRogueProvider(),
  await startRogueProvider(),
  await startRogueProvider(),
]
delete basic.metadata.token_endpoint_auth_methods_supported
inward.metadata.jwks_uri = 'http://10.0.0.1/jwks'
elsewhere.metadata.jwks_uri = `${stranger.url}/jwks`

const client = (name: string, issuer: string) => ({
  [`OIDC_${name}_ISSUER`]: issuer,
  [`OIDC_${name}_CLIENT_ID`]: 'rolecall',
  [`OIDC_${name}_CLIENT_SECRET`]: secret,
})
const { url } = await startRolecall({
  ...client('ROGUE', rogue.url),
  ...client('OTHER', other.url),
  ...client('BASIC', basic.url),
  ...client('INWARD', inward.url),
  ...client('ELSEWHERE', elsewhere.url),
})

const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')
const isSignedIn = (answer: Response) =>
  answer.headers.getSetCookie().some(line => line.startsWith('rolecall='))

/** Comes back from a provider, whose token endpoint then does what is given. */
async function redeem(prepare: (nonce: string) => void, name = 'rogue'): Promise<Response> {
  const browser = createHttpBrowser()
  const asked = locationOf(await browser.get(`${url}/sign-in/${name}`))?.searchParams
  prepare(asked?.get('nonce') ?? '')
  const answer = new URLSearchParams({ code: 'a-code', state: asked?.get('state') ?? '' })
  return browser.get(`${url}/sign-in/${name}/callback?${answer}`)
}

test('the rogue’s token counts where nothing is wrong with it', async () => {
  assert.ok(isSignedIn(await redeem(nonce => rogue.answerWith(rogue.sign({ nonce })))))
})

for (const [story, idToken] of [
  ['of another nonce', () => rogue.sign({ nonce: 'x'.repeat(43) })],
  ['without a nonce', () => rogue.sign()],
  ['for another client', (nonce: string) => rogue.sign({ nonce, aud: 'other' })],
  [
    'for several clients, with another as the authorized one',
    (nonce: string) => rogue.sign({ nonce, aud: ['rolecall', 'other'], azp: 'other' }),
  ],
  ['of another issuer, rightly signed by that', (nonce: string) => other.sign({ nonce })],
  ['in the name of another configured issuer', (nonce: string) => rogue.sign({ nonce, iss: other.url })],
  ['signed by a key that is not the issuer’s', (nonce: string) => stranger.sign({ nonce, iss: rogue.url })],
  ['that has expired', (nonce: string) => rogue.sign({ nonce, exp: Math.floor(Date.now() / 1000) - 3600 })],
  ['without a subject', (nonce: string) => rogue.sign({ nonce, sub: undefined })],
  ['whose alg is none', (nonce: string) => unsigned(rogue, nonce)],
  ['signed with the client secret as HMAC key', (nonce: string) => signedWithSecret(rogue, nonce)],
  [
    'whose groups are elsewhere, at a provider that is not Entra',
    (nonce: string) =>
      rogue.sign({
        nonce,
        _claim_names: { groups: 'src1' },
        _claim_sources: { src1: { endpoint: rogue.url } },
      }),
  ],
] as const) {
  test(`an ID token ${story} signs nobody in`, async () => {
    const answer = await redeem(nonce => rogue.answerWith(idToken(nonce)))
    assert.equal(noticeOf(answer), 'unverified')
    assert.ok(!isSignedIn(answer))
  })
}

function signedWithSecret({ sign }: RogueProvider, nonce: string): string {
  const [head, payload] = sign({ nonce }, { alg: 'HS256', kid: undefined }).split('.')
  const mac = createHmac('sha256', secret).update(`${head}.${payload}`)
  return `${head}.${payload}.${mac.digest('base64url')}`
}

function unsigned({ sign }: RogueProvider, nonce: string): string {
  const [, payload] = sign({ nonce }).split('.')
  return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`
}

for (const [story, notice, token] of [
  ['answers no ID token', 'failed', () => rogue.answerWith(undefined)],
  ['answers an ID token that is no text', 'failed', () => rogue.answerWith({ a: 1 })],
  ['answers no access token', 'failed', () => rogue.answerWith(rogue.sign(), { access_token: undefined })],
  [
    'redirects',
    'unreachable',
    () => {
      rogue.token = (_request, response) =>
        response.writeHead(307, { location: `${stranger.url}/token` }).end()
    },
  ],
  [
    'refuses the code',
    'failed',
    () => {
      rogue.token = (_request, response) => sendJson(response, { error: 'invalid_grant' }, 400)
    },
  ],
  [
    'fails',
    'unreachable',
    () => {
      rogue.token = (_request, response) => response.writeHead(502).end('<html>')
    },
  ],
  [
    'answers what is no JSON',
    'failed',
    () => {
      rogue.token = (_request, response) => response.writeHead(200).end('<html>')
    },
  ],
  [
    'answers without end',
    'unreachable',
    () => {
      rogue.token = (_request, response) => response.end('x'.repeat(300_000))
    },
  ],
  [
    'breaks the connection off',
    'unreachable',
    () => {
      rogue.token = request => request.socket.destroy()
    },
  ],
] as const) {
  test(`a token endpoint that ${story} signs nobody in`, async () => {
    const answer = await redeem(token)
    assert.equal(noticeOf(answer), notice)
    assert.ok(!isSignedIn(answer))
    assert.equal(stranger.hits['/token'], undefined, 'and the code went nowhere else')
  })
}

test('a provider that names no way to show the secret is shown it in the header', async () => {
  let shown: string | undefined
  const answer = await redeem(nonce => {
    basic.token = ({ headers }, response, form) => {
      shown = headers.authorization
      assert.equal(form.get('client_secret'), null)
      sendJson(response, { access_token: 'x', token_type: 'Bearer', id_token: basic.sign({ nonce }) })
    }
  }, 'basic')
  assert.ok(isSignedIn(answer))
  const [id, sent = ''] = Buffer.from(shown?.replace('Basic ', '') ?? '', 'base64')
    .toString()
    .split(':')
  assert.deepEqual([id, decodeURIComponent(sent)], ['rolecall', secret])
})

test('keys are taken from where the issuer’s own metadata say, be it another host', async () => {
  const iss = elsewhere.url
  const answer = await redeem(nonce => elsewhere.answerWith(stranger.sign({ nonce, iss })), 'elsewhere')
  assert.ok(isSignedIn(answer))
  const own = await redeem(nonce => elsewhere.answerWith(elsewhere.sign({ nonce })), 'elsewhere')
  assert.equal(noticeOf(own), 'unverified', 'and from nowhere else')
})

test('keys that are to be fetched from a private address are not fetched', async () => {
  const answer = await redeem(nonce => inward.answerWith(inward.sign({ nonce })), 'inward')
  assert.equal(noticeOf(answer), 'unreachable')
})
