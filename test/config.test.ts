import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, test } from 'node:test'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { type Config, listeningOn, readConfig } from '../server/config.ts'
import { settingNames } from '../server/settings/settings.ts'
import { type Env, inProduction, problemsOf } from './support/config-problems.ts'

const oneKey = Buffer.alloc(32, 1).toString('base64')
const otherKey = Buffer.alloc(32, 2).toString('base64')
const kmsKey = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const directory = {
  LDAP_URL: 'ldaps://dc.example.com',
  LDAP_KIND: 'ad',
  LDAP_BASE_DN: 'dc=example',
  LDAP_BIND_DN: 'reader@example.com',
  LDAP_BIND_PASSWORD: 'secret',
}
const guestPolicy = '{"Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}'
const google = { GOOGLE_CLIENT_ID: 'g-id', GOOGLE_CLIENT_SECRET: 'g-secret' }
const amazon = { AMAZON_CLIENT_ID: 'a-id', AMAZON_CLIENT_SECRET: 'a-secret' }
const facebook = { FACEBOOK_APP_ID: 'f-id', FACEBOOK_APP_SECRET: 'f-secret' }

describe('a configuration that holds', () => {
  test('nothing set is a whole configuration, with the demo', () => {
    assert.deepEqual(definedIn(readConfig({})), {
      production: false,
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:3000',
      trustedProxies: [],
      corsOrigins: [],
      dataDir: resolve('data'),
      maxStalenessMs: 60_000,
      saml: { idpInitiated: false, signRequests: 'wanted', signingKeys: [1] },
      oidcClients: [],
      rotationsAtOnce: 4,
      demo: true,
      databases: { hosts: [], plaintextHosts: [] },
      allowedPrivateHosts: [],
      logLevel: 'info',
    })
  })

  test('everything set arrives, each in its place and form', () => {
    const config = readConfig({
      ...google,
      ...facebook,
      ...amazon,
      ...inProduction,
      PORT: '8443',
      HOST: '::',
      ROLECALL_PUBLIC_URL: 'https://Login.Example.com:443/',
      ROLECALL_TRUSTED_PROXIES: '10.0.0.7, 10.1.0.0/16,FD00::/8',
      ROLECALL_DATA_DIR: '/var/lib/rolecall',
      DATABASE_URL: 'postgres://rolecall:secret@db.example/rolecall?sslmode=verify-full',
      ROLECALL_MAX_STALENESS_SECONDS: '5',
      ROLECALL_MASTER_KEY: oneKey,
      ROLECALL_MASTER_KEY_PREVIOUS: otherKey,
      ROLECALL_SECRETS_KMS_KEY_ID: kmsKey,
      ROLECALL_SECRETS_KMS_KEY_ID_PREVIOUS: 'alias/before',
      ROLECALL_SECRETS_KMS_ENDPOINT: 'https://kms.example.com',
      ROLECALL_SECRETS_KMS_CACHE_SECONDS: '60',
      ROLECALL_SECRETS_WRAPPED_BY: 'master-key',
      ROLECALL_ACCOUNT_ID: '012345678901',
      ROLECALL_ROOT_ACCESS_KEY_ID: 'AKIAABCDEFGHIJKLMNOP',
      ROLECALL_ROOT_SECRET_ACCESS_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789+/ab',
      GOOGLE_ISSUER: 'https://id.example.com/tenant/',
      FACEBOOK_GRAPH_URL: 'https://graph.example.com/',
      FACEBOOK_GRAPH_VERSION: 'v99.1',
      AMAZON_API_URL: 'https://api.amazon.co.uk/',
      ...directory,
      LDAP_URL: 'ldaps://dc1.example.com, ldap://dc2.example.com:3389',
      LDAP_NAME: 'corp',
      LDAP_GROUP_BASE_DN: 'ou=groups,dc=example',
      LDAP_BIND_DN: 'reader@example.com',
      LDAP_BIND_PASSWORD: 'b-secret',
      LDAP_CA_FILE: '/etc/ca.pem',
      LDAP_START_TLS: 'on',
      LDAP_PERSON_FILTER: '(uid={username})',
      LDAP_GROUP_FILTER: '(member={dn})',
      LDAP_GROUP_ROLES: '{"cn=dev,dc=example": ["developer", "team/reader"], "cn=ops": "operator"}',
      LDAP_RECHECK_SECONDS: '60',
      ROLECALL_GUEST_ROLE: 'apps/guest',
      ROLECALL_GUEST_POLICY: guestPolicy,
      ROLECALL_GUEST_SECONDS: '900',
      ROLECALL_GUESTS_PER_ADDRESS: '3',
      ROLECALL_GUESTS_IN_ALL: '100',
      ROLECALL_CORS_ORIGINS: 'https://App.example.com, http://localhost:5173',
      ROLECALL_ROTATIONS_AT_ONCE: '16',
      ROLECALL_ACCOUNTS: 'on',
      ROLECALL_ACCOUNTS_REFUSED_PASSWORDS_FILE: '/etc/refused.txt',
      ROLECALL_ACCOUNTS_RETURN_URLS: 'https://app.example.com/Shop/, http://localhost:5173/',
      SMTP_URL: 'smtp://robot:p%40ss@mail.example.com',
      SMTP_FROM: 'rolecall@example.com',
      ROLECALL_ALLOWED_PRIVATE_HOSTS: 'Gitlab.internal,10.2.3.4:8080,[fd00::1]:443,[fd00::2]',
      ROLECALL_DATABASE_HOSTS: 'Db.internal:5432,10.2.3.5',
      ROLECALL_DATABASE_PLAINTEXT_HOSTS: '10.2.3.5',
      ROLECALL_DATABASE_CA_FILE: '/etc/databases.pem',
      ROLECALL_SAML_IDP_INITIATED: 'on',
      ROLECALL_SAML_SIGN_REQUESTS: 'always',
      ROLECALL_SAML_SIGNING_KEYS: '3, 2',
      ROLECALL_LOG_LEVEL: 'warn',
    })
    assert.deepEqual(config, {
      production: true,
      port: 8443,
      host: '::',
      publicUrl: 'https://login.example.com',
      trustedProxies: ['10.0.0.7', '10.1.0.0/16', 'fd00::/8'],
      corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
      dataDir: '/var/lib/rolecall',
      databaseUrl: 'postgres://rolecall:secret@db.example/rolecall?sslmode=verify-full',
      maxStalenessMs: 5_000,
      masterKey: Buffer.alloc(32, 1),
      previousMasterKey: Buffer.alloc(32, 2),
      secretsKms: {
        wraps: false,
        keyId: kmsKey,
        previousKeyId: 'alias/before',
        endpoint: 'https://kms.example.com',
        region: 'eu-central-1',
        cacheMs: 60_000,
      },
      accountId: '012345678901',
      rootAccessKey: { id: 'AKIAABCDEFGHIJKLMNOP', secret: 'abcdefghijklmnopqrstuvwxyz0123456789+/ab' },
      google: {
        clientId: 'g-id',
        clientSecret: 'g-secret',
        issuer: 'https://id.example.com/tenant/',
        authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
        tokenUrl: 'https://oauth2.googleapis.com/token',
        jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
      },
      facebook: {
        appId: 'f-id',
        appSecret: 'f-secret',
        dialogUrl: 'https://www.facebook.com/v99.1/dialog/oauth',
        graphUrl: 'https://graph.example.com',
        graphVersion: 'v99.1',
      },
      amazon: {
        clientId: 'a-id',
        clientSecret: 'a-secret',
        authorizationUrl: 'https://www.amazon.com/ap/oa',
        apiUrl: 'https://api.amazon.co.uk',
      },
      saml: { idpInitiated: true, signRequests: 'always', signingKeys: [3, 2] },
      accounts: {
        refusedPasswordsFile: '/etc/refused.txt',
        returnUrls: ['https://app.example.com/Shop/', 'http://localhost:5173/'],
        smtp: {
          host: 'mail.example.com',
          port: 587,
          secure: false,
          plain: false,
          auth: { user: 'robot', pass: 'p@ss' },
          from: 'rolecall@example.com',
        },
      },
      directory: {
        name: 'corp',
        urls: ['ldaps://dc1.example.com', 'ldap://dc2.example.com:3389'],
        kind: 'ad',
        baseDn: 'dc=example',
        groupBaseDn: 'ou=groups,dc=example',
        bind: { dn: 'reader@example.com', password: 'b-secret' },
        caFile: '/etc/ca.pem',
        startTls: true,
        personFilter: '(uid={username})',
        groupFilter: '(member={dn})',
        groupRoles: [
          { groupDn: 'cn=dev,dc=example', role: 'developer' },
          { groupDn: 'cn=dev,dc=example', role: 'team/reader' },
          { groupDn: 'cn=ops', role: 'operator' },
        ],
        recheckMs: 60_000,
      },
      guests: {
        role: 'apps/guest',
        policy: guestPolicy,
        seconds: 900,
        perMinuteAndAddress: 3,
        perMinuteInAll: 100,
      },
      oidcClients: [],
      rotationsAtOnce: 16,
      demo: false,
      databases: {
        hosts: ['db.internal:5432', '10.2.3.5'],
        plaintextHosts: ['10.2.3.5'],
        caFile: '/etc/databases.pem',
      },
      allowedPrivateHosts: ['gitlab.internal', '10.2.3.4:8080', '[fd00::1]:443', '[fd00::2]'],
      logLevel: 'warn',
    })
  })

  test('an empty variable, or one of spaces, counts as unset', () => {
    const empty = Object.fromEntries(settingNames.map((name, index) => [name, index % 2 ? '' : ' \t']))
    assert.deepEqual(readConfig({ ...empty, ROLECALL_UNHEARD_OF: '' }), readConfig({}))
  })

  test('other programs’ variables are none of our business', () => {
    assert.deepEqual(problemsOf({ PATH: '/bin', GOOGLE_APPLICATION_CREDENTIALS: '/x', MY_ROLECALL: '1' }), [])
    // Kubernetes sets these for a service that is called ldap.
    assert.deepEqual(problemsOf({ LDAP_PORT: 'tcp://10.0.0.1:389', LDAP_SERVICE_HOST: '10.0.0.1' }), [])
  })

  for (const [story, env, production] of [
    ['NODE_ENV=production', inProduction, true],
    [
      'NODE_ENV=production on a loopback URL',
      { ...inProduction, ROLECALL_PUBLIC_URL: 'https://localhost' },
      true,
    ],
    ['a public URL beyond loopback', { ...inProduction, NODE_ENV: 'development' }, true],
    [
      'a name that only begins as localhost',
      { ...inProduction, NODE_ENV: '', ROLECALL_PUBLIC_URL: 'https://localhost.example.com' },
      true,
    ],
    ['a loopback URL by name', { ROLECALL_PUBLIC_URL: 'http://rolecall.localhost:3000' }, false],
    ['a loopback URL by IPv4 address', { ROLECALL_PUBLIC_URL: 'http://127.9.9.9:3000' }, false],
    ['a loopback URL by IPv6 address', { ROLECALL_PUBLIC_URL: 'http://[::1]:3000' }, false],
    ['NODE_ENV=test', { NODE_ENV: 'test' }, false],
  ] as const) {
    test(`${story} is ${production ? '' : 'not '}production`, () => {
      assert.equal(readConfig(env).production, production)
    })
  }

  for (const [story, env, demo] of [
    ['nothing set', {}, true],
    ['another loopback address', { HOST: '::1' }, true],
    ['ROLECALL_DEMO=off', { ROLECALL_DEMO: 'off' }, false],
    ['Google configured', google, false],
    ['Facebook configured', facebook, false],
    ['Amazon configured', amazon, false],
    ['own accounts', { ROLECALL_ACCOUNTS: 'on' }, false],
    ['a directory configured', { ...directory, LDAP_URL: 'ldap://127.0.0.1' }, false],
    [
      'an OpenID provider configured',
      { OIDC_A_ISSUER: 'https://a.example', OIDC_A_CLIENT_ID: 'i', OIDC_A_CLIENT_SECRET: 's' },
      false,
    ],
    ['a HOST beyond loopback', { HOST: '0.0.0.0' }, false],
    ['production', inProduction, false],
    ['ROLECALL_DEMO=on beside a real provider', { ...google, ROLECALL_DEMO: 'on' }, true],
  ] as const) {
    test(`with ${story} the demo is ${demo ? 'on' : 'off'}`, () => assert.equal(readConfig(env).demo, demo))
  }

  test('PORT=0 is told its port, and the default public URL with it, once the server listens', () => {
    const config = listeningOn(readConfig({ PORT: '0' }), 45_678)
    assert.equal(config.port, 45_678)
    assert.equal(config.publicUrl, 'http://localhost:45678')
    const given = readConfig({ PORT: '0', ROLECALL_PUBLIC_URL: 'http://localhost:8000' })
    assert.equal(listeningOn(given, 45_678).publicUrl, 'http://localhost:8000')
  })

  test('endpoints may be plain http on loopback, outside production', () => {
    const config = readConfig({
      ...google,
      GOOGLE_ISSUER: 'http://127.0.0.1:4000',
      GOOGLE_TOKEN_URL: 'http://localhost:4000/token',
    })
    assert.equal(config.google?.issuer, 'http://127.0.0.1:4000')
  })
})

const https = 'not https, expected https in production, and beyond loopback always'
const notAKey = 'not a key, expected 32 bytes in base64 (openssl rand -base64 32)'
const notAnEndpoint = 'not an address, expected http(s)://host/path without user, query or fragment'
const notAnOrigin = 'not an origin, expected scheme, host and port alone'
const notABlock =
  'not an IP address or a CIDR block narrower than everything, expected such as 10.0.0.7 or 10.1.0.0/16'

const refused: [story: string, env: Env, ...problems: string[]][] = [
  [
    'a NODE_ENV with a slip of the pen',
    { NODE_ENV: 'prodution' },
    'NODE_ENV: not a known value, expected one of production, development, test',
  ],
  ['a port with a letter', { PORT: '80a' }, 'PORT: not a port, expected a whole number from 0 to 65535'],
  ['a port too high', { PORT: '65536' }, 'PORT: not a port, expected a whole number from 0 to 65535'],
  ['a negative port', { PORT: '-1' }, 'PORT: not a port, expected a whole number from 0 to 65535'],
  [
    'a host with its port',
    { HOST: '127.0.0.1:80' },
    'HOST: not a host, expected an IP address or a host name',
  ],
  ['a host in brackets', { HOST: '[::1]' }, 'HOST: not a host, expected an IP address or a host name'],
  [
    'a public URL without scheme',
    { ROLECALL_PUBLIC_URL: 'login.example.com' },
    `ROLECALL_PUBLIC_URL: ${notAnOrigin}`,
  ],
  [
    'a public URL of another scheme',
    { ROLECALL_PUBLIC_URL: 'ftp://localhost' },
    `ROLECALL_PUBLIC_URL: ${notAnOrigin}`,
  ],
  [
    'a public URL with a path',
    { ROLECALL_PUBLIC_URL: 'http://localhost/login' },
    `ROLECALL_PUBLIC_URL: ${notAnOrigin}`,
  ],
  [
    'a public URL with a query',
    { ROLECALL_PUBLIC_URL: 'http://localhost/?a=b' },
    `ROLECALL_PUBLIC_URL: ${notAnOrigin}`,
  ],
  [
    'a public URL with a bare question mark',
    { ROLECALL_PUBLIC_URL: 'http://localhost?' },
    `ROLECALL_PUBLIC_URL: ${notAnOrigin}`,
  ],
  [
    'a public URL with credentials',
    { ROLECALL_PUBLIC_URL: 'http://me:secret@localhost' },
    `ROLECALL_PUBLIC_URL: ${notAnOrigin}`,
  ],
  [
    'a public URL with a backslash',
    { ROLECALL_PUBLIC_URL: 'http:\\\\localhost' },
    `ROLECALL_PUBLIC_URL: ${notAnOrigin}`,
  ],
  [
    'a proxy by name',
    { ROLECALL_TRUSTED_PROXIES: '10.0.0.1,proxy' },
    `ROLECALL_TRUSTED_PROXIES: entry 2 is ${notABlock}`,
  ],
  [
    'a proxy block of every address',
    { ROLECALL_TRUSTED_PROXIES: '0.0.0.0/0' },
    `ROLECALL_TRUSTED_PROXIES: entry 1 is ${notABlock}`,
  ],
  [
    'a proxy block of every IPv6 address',
    { ROLECALL_TRUSTED_PROXIES: '::/0' },
    `ROLECALL_TRUSTED_PROXIES: entry 1 is ${notABlock}`,
  ],
  [
    'a proxy prefix too long',
    { ROLECALL_TRUSTED_PROXIES: '10.0.0.0/33' },
    `ROLECALL_TRUSTED_PROXIES: entry 1 is ${notABlock}`,
  ],
  [
    'a list with a hole',
    { ROLECALL_TRUSTED_PROXIES: '10.0.0.1,' },
    `ROLECALL_TRUSTED_PROXIES: entry 2 is ${notABlock}`,
  ],
  [
    'a master key of 31 bytes',
    { ROLECALL_MASTER_KEY: Buffer.alloc(31, 1).toString('base64') },
    `ROLECALL_MASTER_KEY: ${notAKey}`,
  ],
  [
    'a master key in base64url',
    { ROLECALL_MASTER_KEY: Buffer.alloc(32, 0xff).toString('base64url') },
    `ROLECALL_MASTER_KEY: ${notAKey}`,
  ],
  [
    'a master key with rubbish that base64 decoding drops',
    { ROLECALL_MASTER_KEY: `${oneKey}!` },
    `ROLECALL_MASTER_KEY: ${notAKey}`,
  ],
  [
    'a previous key alone',
    { ROLECALL_MASTER_KEY_PREVIOUS: oneKey },
    'ROLECALL_MASTER_KEY: missing, expected together with ROLECALL_MASTER_KEY_PREVIOUS',
  ],
  [
    'a key in a key service by something else than its name',
    { ROLECALL_SECRETS_KMS_KEY_ID: 'https://kms.example.com/key' },
    'ROLECALL_SECRETS_KMS_KEY_ID: not a key, expected its ARN, its id, or an alias such as alias/rolecall',
  ],
  [
    'a key service without a key',
    { ROLECALL_SECRETS_KMS_ENDPOINT: 'https://kms.example.com' },
    'ROLECALL_SECRETS_KMS_KEY_ID: missing, expected together with ROLECALL_SECRETS_KMS_ENDPOINT',
  ],
  [
    'wrapping by a key service that is none',
    { ROLECALL_SECRETS_WRAPPED_BY: 'kms' },
    'ROLECALL_SECRETS_KMS_KEY_ID: missing, expected together with ROLECALL_SECRETS_WRAPPED_BY=kms',
  ],
  [
    'data keys shown to the network',
    { ROLECALL_SECRETS_KMS_KEY_ID: kmsKey, ROLECALL_SECRETS_KMS_ENDPOINT: 'http://kms.example.com' },
    `ROLECALL_SECRETS_KMS_ENDPOINT: ${https}`,
  ],
  [
    'data keys remembered for a day',
    { ROLECALL_SECRETS_KMS_KEY_ID: kmsKey, ROLECALL_SECRETS_KMS_CACHE_SECONDS: '86400' },
    'ROLECALL_SECRETS_KMS_CACHE_SECONDS: not a time, expected whole seconds from 0 to 3600',
  ],
  [
    'a database of another kind',
    { DATABASE_URL: 'mysql://a:b@127.0.0.1/c', ROLECALL_MASTER_KEY: oneKey },
    'DATABASE_URL: not a PostgreSQL address, expected postgres://user:password@host:port/database',
  ],
  [
    'a staleness of nothing',
    { ROLECALL_MAX_STALENESS_SECONDS: '1' },
    'ROLECALL_MAX_STALENESS_SECONDS: not a time, expected whole seconds from 2 to 3600',
  ],
  ...['0', '65', 'all'].map((number): [string, Env, string] => [
    `${number} rotations at once`,
    { ROLECALL_ROTATIONS_AT_ONCE: number },
    'ROLECALL_ROTATIONS_AT_ONCE: not a number, expected 1 to 64',
  ]),
  [
    'a database without a master key',
    { DATABASE_URL: 'postgres://a:b@127.0.0.1/c' },
    'ROLECALL_MASTER_KEY: missing, expected together with DATABASE_URL: all nodes need the same one',
  ],
  [
    'a database reached in plain text, in production',
    {
      ...inProduction,
      DATABASE_URL: 'postgres://a:b@db.example/c?sslmode=require',
      ROLECALL_MASTER_KEY: oneKey,
    },
    'DATABASE_URL: reached in plain text, expected sslmode=verify-full in production, or loopback',
  ],
  ...['host=db.example', 'host=localhost&host=db.example', 'host=db.example&sslmode=require'].map(
    (query): [string, Record<string, string>, string] => [
      `a database that is beyond loopback by its query (${query})`,
      {
        ...inProduction,
        DATABASE_URL: `postgres://a:b@localhost/c?${query}`,
        ROLECALL_MASTER_KEY: oneKey,
      },
      'DATABASE_URL: reached in plain text, expected sslmode=verify-full in production, or loopback',
    ],
  ),
  [
    'a database whose empty host in the query leaves the one before it',
    { ...inProduction, DATABASE_URL: 'postgres://a:b@db.example/c?host=', ROLECALL_MASTER_KEY: oneKey },
    'DATABASE_URL: reached in plain text, expected sslmode=verify-full in production, or loopback',
  ],
  [
    'a previous key that is the present one',
    { ROLECALL_MASTER_KEY: oneKey, ROLECALL_MASTER_KEY_PREVIOUS: oneKey },
    'ROLECALL_MASTER_KEY_PREVIOUS: the same as ROLECALL_MASTER_KEY, expected the key before it',
  ],
  [
    'an account id of 11 digits',
    { ROLECALL_ACCOUNT_ID: '12345678901' },
    'ROLECALL_ACCOUNT_ID: not an account id, expected 12 digits',
  ],
  [
    'a root key id that says temporary',
    { ROLECALL_ROOT_ACCESS_KEY_ID: 'ASIAABCDEFGHIJKLMNOP', ROLECALL_ROOT_SECRET_ACCESS_KEY: 'a'.repeat(40) },
    'ROLECALL_ROOT_ACCESS_KEY_ID: not an access key id, expected 16 to 128 of A-Z and 0-9, not ASIA in front (that marks temporary keys)',
  ],
  [
    'a short root secret',
    { ROLECALL_ROOT_ACCESS_KEY_ID: 'AKIAABCDEFGHIJKLMNOP', ROLECALL_ROOT_SECRET_ACCESS_KEY: 'short' },
    'ROLECALL_ROOT_SECRET_ACCESS_KEY: not a secret access key, expected 16 to 128 visible characters without spaces',
  ],
  [
    'a root key id alone',
    { ROLECALL_ROOT_ACCESS_KEY_ID: 'AKIAABCDEFGHIJKLMNOP' },
    'ROLECALL_ROOT_SECRET_ACCESS_KEY: missing, expected together with ROLECALL_ROOT_ACCESS_KEY_ID',
  ],
  [
    'a root secret alone',
    { ROLECALL_ROOT_SECRET_ACCESS_KEY: 'a'.repeat(40) },
    'ROLECALL_ROOT_ACCESS_KEY_ID: missing, expected together with ROLECALL_ROOT_SECRET_ACCESS_KEY',
  ],
  ...[
    'https://app.example.com/',
    'http://app.example.com',
    '*',
    'null',
    'https://*.example.com',
    'https://a.example:443',
  ].map((origin): [string, Env, string] => [
    `an origin that is none: ${origin}`,
    { ROLECALL_CORS_ORIGINS: `https://good.example, ${origin}` },
    'ROLECALL_CORS_ORIGINS: entry 2 is not an origin, expected https (http on loopback), host and port alone, as browsers write it',
  ]),
  ...[
    'https://app.example.com',
    'http://app.example.com/',
    'https://App.example.com/',
    'https://app.example.com/*',
    'https://app.example.com/?next=/',
    'https://app.example.com/#a',
    'https://app.example.com:443/',
    'https://user@app.example.com/',
    'https://app.example.com/a/../b',
    'javascript:alert(1)',
    '//app.example.com/',
  ].map((url): [string, Env, string] => [
    `an address to return to that is none: ${url}`,
    { ROLECALL_ACCOUNTS_RETURN_URLS: `https://good.example/, ${url}` },
    'ROLECALL_ACCOUNTS_RETURN_URLS: entry 2 is not an address to return to, expected https (http on loopback), host and path alone, as browsers write it',
  ]),
  [
    'own accounts in production without a mail server',
    { ...inProduction, ROLECALL_ACCOUNTS: 'on' },
    'SMTP_URL: missing, expected in production together with ROLECALL_ACCOUNTS=on: codes go out by mail',
  ],
  [
    'a mail server without an address to send from',
    { SMTP_URL: 'smtps://mail.example.com' },
    'SMTP_FROM: missing, expected together with SMTP_URL',
  ],
  [
    'a mail server with options behind it',
    { SMTP_URL: 'smtp://mail.example.com?ignoreTLS=true', SMTP_FROM: 'a@example.com' },
    'SMTP_URL: not a mail server, expected smtps://user:password@host or smtp:// with a host, and nothing behind its port',
  ],
  [
    'mails from two addresses',
    { SMTP_URL: 'smtps://mail.example.com', SMTP_FROM: 'a@example.com, b@example.com' },
    'SMTP_FROM: not a mail address, expected such as rolecall@example.com',
  ],
  [
    'a Google id alone',
    { GOOGLE_CLIENT_ID: 'x' },
    'GOOGLE_CLIENT_SECRET: missing, expected together with GOOGLE_CLIENT_ID',
  ],
  [
    'a Google secret alone',
    { GOOGLE_CLIENT_SECRET: 'x' },
    'GOOGLE_CLIENT_ID: missing, expected together with GOOGLE_CLIENT_SECRET',
  ],
  [
    'a Facebook id alone',
    { FACEBOOK_APP_ID: 'x' },
    'FACEBOOK_APP_SECRET: missing, expected together with FACEBOOK_APP_ID',
  ],
  [
    'a Facebook secret alone',
    { FACEBOOK_APP_SECRET: 'x' },
    'FACEBOOK_APP_ID: missing, expected together with FACEBOOK_APP_SECRET',
  ],
  [
    'an Amazon id alone',
    { AMAZON_CLIENT_ID: 'x' },
    'AMAZON_CLIENT_SECRET: missing, expected together with AMAZON_CLIENT_ID',
  ],
  [
    'an Amazon secret alone',
    { AMAZON_CLIENT_SECRET: 'x' },
    'AMAZON_CLIENT_ID: missing, expected together with AMAZON_CLIENT_SECRET',
  ],
  [
    'a secret of two words',
    { ...google, GOOGLE_CLIENT_SECRET: 'a b' },
    'GOOGLE_CLIENT_SECRET: not one word, expected visible characters without spaces',
  ],
  [
    'an endpoint with a query',
    { GOOGLE_TOKEN_URL: 'https://x.example/?a' },
    `GOOGLE_TOKEN_URL: ${notAnEndpoint}`,
  ],
  [
    'an endpoint with credentials',
    { GOOGLE_ISSUER: 'https://a:b@x.example' },
    `GOOGLE_ISSUER: ${notAnEndpoint}`,
  ],
  [
    'an endpoint that is a file',
    { FACEBOOK_GRAPH_URL: 'file:///etc/passwd' },
    `FACEBOOK_GRAPH_URL: ${notAnEndpoint}`,
  ],
  ['plain http to a stranger', { GOOGLE_JWKS_URL: 'HTTP://keys.example' }, `GOOGLE_JWKS_URL: ${https}`],
  [
    'plain http to loopback in production',
    { ...inProduction, FACEBOOK_DIALOG_URL: 'http://localhost:1' },
    `FACEBOOK_DIALOG_URL: ${https}`,
  ],
  [
    'tokens shown to Amazon in plain text',
    { ...inProduction, AMAZON_API_URL: 'http://localhost:1' },
    `AMAZON_API_URL: ${https}`,
  ],
  [
    'a Graph version without its v',
    { FACEBOOK_GRAPH_VERSION: '26.0' },
    'FACEBOOK_GRAPH_VERSION: not a version, expected such as v26.0',
  ],
  [
    'a demo of yes',
    { ROLECALL_DEMO: 'yes' },
    'ROLECALL_DEMO: not a known value, expected one of auto, on, off',
  ],
  [
    'the demo in production',
    { ...inProduction, ROLECALL_DEMO: 'on' },
    'ROLECALL_DEMO: on in production, expected off: its people need no password',
  ],
  [
    'the demo beyond loopback',
    { HOST: '0.0.0.0', ROLECALL_DEMO: 'on' },
    'ROLECALL_DEMO: on beyond loopback, expected HOST=127.0.0.1 or off',
  ],
  [
    'a private host with a scheme',
    { ROLECALL_ALLOWED_PRIVATE_HOSTS: 'http://git.internal' },
    'ROLECALL_ALLOWED_PRIVATE_HOSTS: entry 1 is not a host, expected host or host:port',
  ],
  [
    'a private host with a star',
    { ROLECALL_ALLOWED_PRIVATE_HOSTS: '*.internal' },
    'ROLECALL_ALLOWED_PRIVATE_HOSTS: entry 1 is not a host, expected host or host:port',
  ],
  [
    'a private host at port 0',
    { ROLECALL_ALLOWED_PRIVATE_HOSTS: 'git.internal:0' },
    'ROLECALL_ALLOWED_PRIVATE_HOSTS: entry 1 is not a host, expected host or host:port',
  ],
  [
    'an unknown log level',
    { ROLECALL_LOG_LEVEL: 'loud' },
    'ROLECALL_LOG_LEVEL: not a known value, expected one of trace, debug, info, warn, error, fatal, silent',
  ],
  [
    'a name with a slip of the pen',
    { ROLECALL_TRUSTED_PROXY: '10.0.0.1' },
    'ROLECALL_TRUSTED_PROXY: no such setting, did you mean ROLECALL_TRUSTED_PROXIES?',
  ],
  [
    'a name of no kin',
    { ROLECALL_QUANTUM_ENTANGLEMENT: '1' },
    'ROLECALL_QUANTUM_ENTANGLEMENT: no such setting, see .env.example for those there are',
  ],
  [
    'a name in small letters',
    { rolecall_demo: 'off' },
    'rolecall_demo: no such setting, did you mean ROLECALL_DEMO?',
  ],
  [
    'production with nothing else',
    { NODE_ENV: 'production' },
    'ROLECALL_PUBLIC_URL: missing, expected in production',
    'ROLECALL_TRUSTED_PROXIES: missing, expected in production the address of the proxy in front, which ends TLS',
  ],
  [
    'a public URL in plain http',
    { ...inProduction, ROLECALL_PUBLIC_URL: 'http://login.example.com' },
    `ROLECALL_PUBLIC_URL: ${https}`,
  ],
  [
    'loopback in plain http, in production',
    { ...inProduction, ROLECALL_PUBLIC_URL: 'http://localhost' },
    `ROLECALL_PUBLIC_URL: ${https}`,
  ],
]

describe('a configuration that does not hold', () => {
  for (const [story, env, ...problems] of refused) {
    test(`${story} is refused, and named`, () => assert.deepEqual(problemsOf(env), problems))
  }

  test('all problems come at once: of values, between settings and of names', () => {
    const problems = problemsOf({
      PORT: 'http',
      ROLECALL_MASTER_KEY: 'x',
      GOOGLE_CLIENT_ID: 'x',
      ROLECALL_DATADIR: '/x',
      NODE_ENV: 'production',
      ROLECALL_TRUSTED_PROXIES: 'everybody',
    })
    assert.deepEqual(
      problems.map(problem => problem.split(':')[0]),
      [
        'PORT',
        'ROLECALL_TRUSTED_PROXIES',
        'ROLECALL_MASTER_KEY',
        'GOOGLE_CLIENT_SECRET',
        'ROLECALL_PUBLIC_URL',
        'ROLECALL_DATADIR',
      ],
    )
  })

  test('no problem ever repeats a value: it might be a secret, or one under the wrong name', () => {
    const secret = fc.stringMatching(/^[ -~]{0,6}zq[0-9]{4}xj[ -~]{0,40}$/)
    const env = fc.dictionary(fc.constantFrom(...settingNames, 'ROLECALL_MASTERKEY'), secret, { minKeys: 1 })
    fc.assert(
      fc.property(env, values => {
        const said = problemsOf(values).join('\n')
        assert.doesNotMatch(said, /zq\d|xj/)
      }),
    )
  })

  test('whatever the environment, the answer is a Config or a ConfigError', () => {
    const env = fc.dictionary(fc.constantFrom(...settingNames), fc.oneof(fc.string(), fc.webUrl(), fc.ipV6()))
    fc.assert(fc.property(env, values => void problemsOf(values)))
  })
})

describe('.env.example', () => {
  const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
  const named = [...example.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(match => match[1])
  const uncommented = parseEnv(example.replaceAll(/^#(?=[A-Z][A-Z0-9_]*=)/gm, ''))

  test('names every setting, and no other, once', () => {
    assert.deepEqual(named.toSorted(), settingNames.toSorted())
  })

  test('shows the default of every setting that has one', () => {
    const all = { ...google, ...facebook, ...amazon }
    assert.deepEqual(readConfig({ ...uncommented, ...all }), readConfig(all))
    assert.deepEqual(readConfig(uncommented), readConfig({}))
  })

  test('leaves every setting commented out', () => {
    assert.deepEqual(Object.entries(parseEnv(example)), [])
  })

  test('explains each in one to three lines, right above it', () => {
    for (const name of settingNames) {
      const [, comment = ''] = new RegExp(`\\n\\n((?:# .*\\n)+)#${name}=`).exec(example) ?? []
      const lines = comment.split('\n').length - 1
      assert(lines >= 1 && lines <= 3, `${name} has ${lines} lines`)
    }
  })
})

function definedIn(config: Config) {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
