import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { findProviders, testProvider } from '../../server/diagnostics/test-provider.ts'
import { startForTest } from '../demo/start-for-test.ts'
import { audience, makeKey, publicJwk, signToken, startIssuer } from '../support/issuer.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { openForTest, textOf, walk } from './open-for-test.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const name = issuer.url.replace('http://', '')
const key = `${name}:sub`
await rolecall.createRole('open', trusting(accountId, issuer))
await rolecall.createRole('for-ben', trusting(accountId, issuer, { StringEquals: { [key]: 'ben' } }))
await rolecall.createRole('elsewhere', trusting(accountId, { url: 'https://other.example' }))
const env = { ROLECALL_DATA_DIR: rolecall.dataDir }
const deps = await openForTest(env)

/** With something about the issuer changed for a while. */
async function meanwhile<T>(change: Partial<typeof issuer>, act: () => Promise<T>): Promise<T> {
  const { metadata, jwks, headers, mood } = issuer
  Object.assign(issuer, change)
  try {
    return await act()
  } finally {
    Object.assign(issuer, { metadata, jwks, headers, mood })
  }
}

describe('a registered issuer', () => {
  test('that is well has no problem, and says which keys it has', async () => {
    const { wrong, step } = await walk(name, deps)
    assert.deepEqual(wrong, [])
    assert.match(
      step('Key set').says,
      new RegExp(`^1 of 1 keys can be used: ${issuer.key.kid} \\(RS256\\)\\.$`),
    )
    assert.equal(step('Sample ID token').outcome, 'skipped')
  })

  test('is found by host and path, by its ARN and as issuer', async () => {
    for (const other of [name, issuer.url, `arn:aws:iam::${accountId}:oidc-provider/${name}`]) {
      const found = await findProviders(other, deps)
      assert.deepEqual(
        found.map(one => one.name),
        [name],
      )
    }
    assert.equal(await testProvider('nobody.example', deps), undefined)
  })

  const strong = makeKey('RS256')
  const json = (jwk: object) => ({ jwks: { keys: [jwk] } })
  for (const [story, change, check, outcome, text] of [
    [
      'calls itself with a slash at the end',
      { metadata: { ...issuer.metadata, issuer: `${issuer.url}/` } },
      'Issuer',
      'problem',
      /theirs ends in a slash and ours does not\. → .*--url http:\S+\/, with/,
    ],
    [
      'calls itself https',
      { metadata: { ...issuer.metadata, issuer: issuer.url.replace('http:', 'https:') } },
      'Issuer',
      'problem',
      /they differ in http and https/,
    ],
    ['names nobody', { metadata: { jwks_uri: issuer.jwksUri } }, 'Issuer', 'problem', /names no issuer/],
    [
      'serves a page in the place of its document',
      { mood: 'junk' },
      'Discovery document',
      'problem',
      /is not JSON/,
    ],
    ['answers with an error', { mood: 'failing' }, 'Discovery document', 'problem', /status 500/],
    ['breaks off', { mood: 'down' }, 'Discovery document', 'problem', /can’t be fetched: .*socket hang up/],
    [
      'has a document without end',
      { metadata: { ...issuer.metadata, more: 'x'.repeat(300_000) } },
      'Discovery document',
      'problem',
      /longer than 262144 bytes/,
    ],
    ['names no key set', { metadata: { issuer: issuer.url } }, 'Key set', 'problem', /names no key set/],
    [
      'has keys elsewhere',
      { metadata: { issuer: issuer.url, jwks_uri: 'http://10.1.2.3/keys' } },
      'Address of 10.1.2.3',
      'problem',
      /not https:.* → Use an https address/,
    ],
    ['has no list of keys', { jwks: {} }, 'Key set', 'problem', /is no JWK set/],
    [
      'has weak keys alone',
      json(publicJwk(makeKey('RS256', 'weak', 1024))),
      'Key set',
      'problem',
      /None of the 1 keys .* → .*RSA of 2048 bits/,
    ],
    [
      'has keys for encryption alone',
      json({ ...publicJwk(strong), use: 'enc' }),
      'Key set',
      'problem',
      /None of the 1 keys/,
    ],
    [
      'is two minutes behind',
      { headers: { date: new Date(Date.now() - 120_000).toUTCString() } },
      'Clock',
      'warning',
      /1[12]\d s behind ours.* → .*NTP/,
    ],
    [
      'is ten minutes ahead',
      { headers: { date: new Date(Date.now() + 600_000).toUTCString() } },
      'Clock',
      'problem',
      /(?:59\d|60\d) s ahead of ours/,
    ],
  ] as const) {
    test(`that ${story} is told so, and what to change`, async () => {
      const { step } = await meanwhile(change as Partial<typeof issuer>, () => walk(name, deps))
      assert.equal(step(check).outcome, outcome, textOf(step(check)))
      assert.match(textOf(step(check)), text)
    })
  }

  test('an answer out of a cache is not taken for a clock that is behind', async () => {
    const headers = { date: new Date(Date.now() - 900_000).toUTCString(), age: '900' }
    assert.equal((await meanwhile({ headers }, () => walk(name, deps))).step('Clock').outcome, 'ok')
  })

  test('at an address of the inside is not called, and the setting that would allow it is told', async () => {
    const before = issuer.hits.discovery
    const strict = {
      ...deps,
      outboundRules: { ...deps.outboundRules, allowLoopbackHttp: false, lookup: inside },
    }
    await rolecall
      .iam()
      .send(
        new CreateOpenIDConnectProviderCommand({ Url: 'https://inside.example/realm', ClientIDList: ['x'] }),
      )
    const { step, wrong } = await walk('inside.example/realm', strict)
    assert.match(
      textOf(step('Address of inside.example')),
      /is at 10\.0\.0\.7, which may not be called\. → If inside\.example .*ROLECALL_ALLOWED_PRIVATE_HOSTS/,
    )
    assert.deepEqual(wrong, ['problem: Address of inside.example'])
    assert.equal(issuer.hits.discovery, before)
  })
})

const inside = (_host: string, _options: object, done: (...answer: never[]) => void) =>
  (done as (error: null, addresses: object[]) => void)(null, [{ address: '10.0.0.7', family: 4 }])

describe('a sample token', () => {
  const sample = (proof: string) => walk(name, deps, { proof })

  test('that is good is told with whom it names, the roles it leads to, and what is in the way of others', async () => {
    const { step, steps, wrong } = await sample(issuer.sign({ sub: 'ada' }))
    assert.deepEqual(wrong, [])
    assert.match(step('Sample ID token').says, /^Good: subject ada of http/)
    assert.equal(step('Roles').says, `May have: ${rolecall.roleArn('open')}`)
    assert.match(step('Role for-ben').says, new RegExp(`StringEquals ${key}: wanted "ben", was "ada"`))
    assert.ok(
      !steps.some(({ check }) => check === 'Role elsewhere'),
      'a role that means another provider is no news',
    )
  })

  for (const [story, token, text] of [
    [
      'has expired',
      () => issuer.sign({ iat: 1, exp: 2 }),
      /Refused as token\.expired\..* s ago by our clock/,
    ],
    [
      'is of the future',
      () => issuer.sign({ iat: Date.now() / 1000 + 900 }),
      /token\.notYetValid.*begins in (?:89|90)\d s.*→.*clocks/,
    ],
    [
      'is for another application',
      () => issuer.sign({ aud: 'somebody-elses' }),
      /token\.audienceWrong.*aud is somebody-elses.*→.*AddClientID/,
    ],
    [
      'names the issuer with a slash',
      () => issuer.sign({ iss: `${issuer.url}/` }),
      /token\.issuerUnknown.*theirs ends in a slash.*→.*--url/,
    ],
    ['is signed by nobody’s key', () => signToken(issuer.claims(), makeKey('RS256')), /token\.keyUnknown/],
    ['is no token', () => 'hello', /token\.malformed.*not three parts.*→.*ID token, not an access token/],
    ['lacks its subject', () => issuer.sign({ sub: undefined }), /token\.claimMissing.*sub is missing/],
  ] as const) {
    test(`that ${story} is refused as the service would, and explained`, async () => {
      const { step, wrong } = await sample(token())
      assert.deepEqual(wrong, ['problem: Sample ID token'])
      assert.match(textOf(step('Sample ID token')), text)
    })
  }

  test('of another provider is not taken for this one’s', async () => {
    const other = await rolecall.registerIssuer()
    const { step } = await sample(other.sign())
    assert.match(step('Sample ID token').says, new RegExp(`a good one, but of ${other.url}`))
    await other.close()
  })

  test('that leads to no role is a problem, with the principal to trust', async t => {
    const lonely = await startIssuer()
    t.after(() => lonely.close())
    await rolecall
      .iam()
      .send(new CreateOpenIDConnectProviderCommand({ Url: lonely.url, ClientIDList: [audience] }))
    const lonelyName = lonely.url.replace('http://', '')
    const { step } = await walk(lonelyName, deps, { proof: lonely.sign() })
    assert.match(
      textOf(step('Roles')),
      new RegExp(`admits this person\\. → Make a role .*oidc-provider/${lonelyName}\\.$`),
    )
  })
})

describe('a provider that browsers sign in with', async () => {
  const redirect = `${rolecall.url}/sign-in/google/callback`
  const demo = await startForTest({ after: () => undefined }, { google: { redirectUris: [redirect] } })
  test.after(() => demo.close())
  const { issuer: at, clientId, clientSecret, authorizationUrl, tokenUrl } = demo.google
  const google = { issuer: at, clientId, clientSecret, authorizationUrl, tokenUrl, jwksUrl: `${at}/jwks` }
  const open = (more: object = {}, config: object = {}) =>
    openForTest({ ...env, ROLECALL_PUBLIC_URL: rolecall.url }, { google: { ...google, ...more }, ...config })

  test('that knows us has no problem', async () => {
    const { wrong, step } = await walk('google', await open())
    assert.deepEqual(wrong, [])
    assert.equal(step('PKCE').outcome, 'ok')
    assert.ok(step('Redirect URI').says.endsWith(` ${redirect}`))
    assert.equal(step('Authorization endpoint').says, 'It knows our client id and our redirect URI.')
    assert.equal(step('Client secret').says, 'It takes our client id and secret.')
  })

  for (const [story, more, config, check, text] of [
    [
      'where our redirect URI is another',
      {},
      { publicUrl: 'http://localhost:1' },
      'Authorization endpoint',
      /does not know our redirect URI\. → Register http:\/\/localhost:1\/sign-in\/google\/callback/,
    ],
    [
      'where our client is not known',
      { clientId: 'somebody' },
      {},
      'Authorization endpoint',
      /does not know the client somebody/,
    ],
    [
      'where our secret is another',
      { clientSecret: 'wrong' },
      {},
      'Client secret',
      /refuses our client id or secret \(invalid_client\)\. → Compare GOOGLE_CLIENT_SECRET/,
    ],
  ] as const) {
    test(`${story} is a problem, with what to change`, async () => {
      const { step } = await walk('google', await open(more, config))
      assert.equal(step(check).outcome, 'problem', textOf(step(check)))
      assert.match(textOf(step(check)), text)
      assert.ok(!JSON.stringify(step(check)).includes(clientSecret), 'no secret is printed')
    })
  }

  test('is walked by its name in the configuration, and how it takes secrets is its own say', async () => {
    const oidc = (secret: string) =>
      openForTest({
        ...env,
        // The stand-in knows the callback of Google alone.
        OIDC_CORP_ISSUER: at,
        OIDC_CORP_CLIENT_ID: clientId,
        OIDC_CORP_CLIENT_SECRET: secret,
        ROLECALL_PUBLIC_URL: rolecall.url,
      })
    const { wrong, step } = await walk('corp', await oidc(clientSecret))
    assert.deepEqual(wrong, ['problem: Authorization endpoint'])
    assert.match(textOf(step('Authorization endpoint')), /Register http\S+\/sign-in\/corp\/callback/)
    assert.equal(step('Client secret').outcome, 'ok')
    const refused = (await walk('corp', await oidc('another-secret'))).step('Client secret')
    assert.match(textOf(refused), /Compare OIDC_CORP_CLIENT_SECRET/)
  })

  test('what the running service sends along is compared with what is expected', async () => {
    const { step } = await walk('google', await open(), { serviceUrl: rolecall.url })
    assert.equal(step('Running service').outcome, 'ok')
    assert.match(textOf(step('Redirect URI of the service')), /sends nobody to the provider: status 404/)
    const other = await walk('google', await open({}, { publicUrl: 'http://localhost:1' }), {
      serviceUrl: rolecall.url,
    })
    assert.match(
      textOf(other.step('Running service')),
      /is known as .*, and by our configuration as http:\/\/localhost:1/,
    )
  })
})
