import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readConfig } from '../../server/config.ts'
import { oidcSettingNames } from '../../server/settings/openid-settings.ts'
import { type Env, inProduction, problemsOf } from '../support/config-problems.ts'

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const secret = { OIDC_A_CLIENT_SECRET: 's' }
const plain = { OIDC_A_ISSUER: 'https://a.example', OIDC_A_CLIENT_ID: 'i', ...secret }
const entra = { ...plain, OIDC_A_PRESET: 'entra' }
const apple = {
  OIDC_A_ISSUER: 'https://appleid.apple.com',
  OIDC_A_CLIENT_ID: 'i',
  OIDC_A_PRESET: 'apple',
  OIDC_A_TEAM_ID: 'ABCDE12345',
  OIDC_A_KEY_ID: 'KEY1234567',
  OIDC_A_KEY_FILE: 'key.p8',
}

describe('a provider that is configured', () => {
  test('has its name in small letters, with a dash for a low line, and defaults for the rest', () => {
    const env = {
      OIDC_MY_CORP_2_ISSUER: 'https://Corp.example/x/',
      OIDC_MY_CORP_2_CLIENT_ID: 'the-id',
      OIDC_MY_CORP_2_CLIENT_SECRET: 'the-secret',
    }
    assert.deepEqual(readConfig(env).oidcClients, [
      {
        name: 'my-corp-2',
        title: 'My corp 2',
        issuer: 'https://Corp.example/x/',
        clientId: 'the-id',
        clientSecret: 'the-secret',
        scopes: 'openid profile email',
        entra: undefined,
        apple: undefined,
      },
    ])
  })

  test('may have a title and scopes of its own, beside others', () => {
    const more = { OIDC_A_TITLE: 'Größe & Co', OIDC_A_SCOPES: 'openid groups' }
    const other = { OIDC_B_ISSUER: 'https://b.example', OIDC_B_CLIENT_ID: 'j', OIDC_B_CLIENT_SECRET: 't' }
    const { oidcClients } = readConfig({ ...plain, ...more, ...other })
    assert.deepEqual(
      oidcClients.map(({ name, title, scopes }) => [name, title, scopes]),
      [
        ['a', 'Größe & Co', 'openid groups'],
        ['b', 'B', 'openid profile email'],
      ],
    )
  })

  test('may be Entra for one tenant, or for those of many that are listed', () => {
    const one = readConfig({ ...entra, OIDC_A_GRAPH_URL: 'https://graph.microsoft.us/v1.0/' })
    assert.deepEqual(one.oidcClients[0]?.entra, { tenants: [], graphUrl: 'https://graph.microsoft.us/v1.0' })
    const many = readConfig({
      ...entra,
      OIDC_A_ISSUER: 'https://login.microsoftonline.com/organizations/v2.0',
      OIDC_A_TENANTS: tenant.toUpperCase(),
    })
    assert.deepEqual(many.oidcClients[0]?.entra, {
      tenants: [tenant],
      graphUrl: 'https://graph.microsoft.com/v1.0',
    })
  })

  test('may be Apple, whose secret is made from a key', () => {
    assert.deepEqual(readConfig(apple).oidcClients[0]?.apple, {
      teamId: 'ABCDE12345',
      keyId: 'KEY1234567',
      keyFile: resolve('key.p8'),
    })
  })

  test('may be reached by plain http on loopback, outside production', () => {
    assert.deepEqual(problemsOf({ ...plain, OIDC_A_ISSUER: 'http://127.0.0.1:4000/realms/a' }), [])
  })
})

const https = 'not https, expected https in production, and beyond loopback always'
const together = 'missing, expected together with'

for (const [story, env, ...problems] of [
  [
    'an issuer alone',
    { OIDC_A_ISSUER: 'https://a.example' },
    [`OIDC_A_CLIENT_ID: ${together} OIDC_A_ISSUER`, `OIDC_A_CLIENT_SECRET: ${together} OIDC_A_ISSUER`],
  ],
  [
    'a title alone',
    { OIDC_A_TITLE: 'A' },
    [
      `OIDC_A_ISSUER: ${together} OIDC_A_TITLE`,
      `OIDC_A_CLIENT_ID: ${together} OIDC_A_TITLE`,
      `OIDC_A_CLIENT_SECRET: ${together} OIDC_A_TITLE`,
    ],
  ],
  [
    'Apple without its key',
    { ...apple, OIDC_A_KEY_FILE: '' },
    [`OIDC_A_KEY_FILE: ${together} OIDC_A_ISSUER`],
  ],
  [
    'Apple with a fixed secret',
    { ...apple, ...secret },
    ['OIDC_A_CLIENT_SECRET: of no use, Apple’s is made from KEY_FILE'],
  ],
  [
    'a key without Apple',
    { ...plain, OIDC_A_KEY_ID: 'KEY1234567' },
    ['OIDC_A_KEY_ID: of no use, expected only together with PRESET=apple'],
  ],
  [
    'a Graph without Entra',
    { ...plain, OIDC_A_GRAPH_URL: 'https://g.example' },
    ['OIDC_A_GRAPH_URL: of no use, expected only together with PRESET=entra'],
  ],
  [
    'Entra for every tenant there is',
    { ...entra, OIDC_A_ISSUER: 'https://a.example/common/v2.0' },
    [
      'OIDC_A_TENANTS: missing, expected the tenants whose people may sign in, since this issuer stands for all there are',
    ],
  ],
  [
    'tenants of an issuer that is one',
    { ...entra, OIDC_A_TENANTS: tenant },
    [
      'OIDC_A_TENANTS: of no use, expected only with an issuer that ends in /organizations/v2.0 or /common/v2.0',
    ],
  ],
  [
    'a tenant by its domain',
    { ...entra, OIDC_A_ISSUER: 'https://a.example/common/v2.0', OIDC_A_TENANTS: `${tenant}, corp.example` },
    ['OIDC_A_TENANTS: entry 2 is not a tenant, expected its id such as 72f988bf-86f1-41af-91ab-2d7cd011db47'],
  ],
  [
    'an unknown preset',
    { ...plain, OIDC_A_PRESET: 'okta' },
    ['OIDC_A_PRESET: not a known value, expected one of entra, apple'],
  ],
  [
    'scopes without openid',
    { ...plain, OIDC_A_SCOPES: 'profile email' },
    ['OIDC_A_SCOPES: not scopes, expected words with one space between, openid among them'],
  ],
  [
    'a title with a line end',
    { ...plain, OIDC_A_TITLE: 'a\nb' },
    ['OIDC_A_TITLE: not a title, expected 1 to 40 characters'],
  ],
  ['plain http to a stranger', { ...plain, OIDC_A_ISSUER: 'http://a.example' }, [`OIDC_A_ISSUER: ${https}`]],
  [
    'plain http to loopback in production',
    { ...plain, ...inProduction, OIDC_A_ISSUER: 'http://localhost:1' },
    [`OIDC_A_ISSUER: ${https}`],
  ],
  [
    'an issuer with a query',
    { ...plain, OIDC_A_ISSUER: 'https://a.example/?x' },
    ['OIDC_A_ISSUER: not an address, expected http(s)://host/path without user, query or fragment'],
  ],
  ...['GOOGLE', 'FACEBOOK', 'AMAZON', 'SAML', 'DIRECTORY', 'ARRIVED'].map((name): [string, Env, string[]] => [
    `the name of another way in, ${name}`,
    Object.fromEntries(Object.entries(plain).map(([key, value]) => [key.replace('_A_', `_${name}_`), value])),
    [`OIDC_${name}_ISSUER: the name ${name} is that of another way in, expected another`],
  ]),
  [
    'a slip of the pen',
    { ...plain, OIDC_A_SCOPE: 'openid' },
    ['OIDC_A_SCOPE: no such setting, did you mean OIDC_A_SCOPES?'],
  ],
  [
    'a slip of the pen in a name of two words',
    { ...plain, OIDC_A_CLIENT_SERCET: 'x' },
    ['OIDC_A_CLIENT_SERCET: no such setting, did you mean OIDC_A_CLIENT_SECRET?'],
  ],
  [
    'small letters',
    { ...plain, oidc_a_title: 'x' },
    ['oidc_a_title: no such setting, did you mean OIDC_A_TITLE?'],
  ],
  [
    'no name at all',
    { OIDC_ISSUER: 'https://a.example' },
    ['OIDC_ISSUER: no such setting, expected OIDC_<NAME>_ISSUER and the others in .env.example'],
  ],
] as [string, Env, string[]][]) {
  test(`${story} is refused, and named`, () => assert.deepEqual(problemsOf(env), problems.flat()))
}

test('no problem ever repeats a value: it might be a secret, or one under the wrong name', () => {
  const value = fc.stringMatching(/^[ -~]{0,6}zq[0-9]{4}xj[ -~]{0,40}$/)
  const names = [...oidcSettingNames, 'SECRET'].map(member => `OIDC_A_${member}`)
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1 }), env => {
      assert.doesNotMatch(problemsOf(env).join('\n'), /zq\d|xj/)
    }),
  )
})

test('.env.example explains each of them', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  for (const member of oidcSettingNames)
    assert.match(example, new RegExp(`^# +OIDC_<NAME>_${member} +\\S`, 'm'))
})
