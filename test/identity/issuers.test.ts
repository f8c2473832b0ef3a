import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIssuerLookup, type IssuerLookupDeps } from '../../server/identity/issuers.ts'
import type { OidcClient } from '../../server/identity/openid/client.ts'

const accountId = '123456789012'
const issuer = 'https://sso.example/realms/corp'
const clientOf = (clientId: string, more: Partial<OidcClient> = {}): OidcClient => ({
  name: clientId,
  title: clientId,
  issuer,
  clientId,
  clientSecret: 's',
  scopes: 'openid',
  ...more,
})
const registered = {
  urlPath: 'sso.example/realms/corp',
  issuer,
  clientIds: ['machines'],
  thumbprints: [],
  tags: {},
  createdAtMs: 0,
  demo: false,
}

function lookUp(iss: string, deps: Partial<IssuerLookupDeps>, isRegistered = false) {
  const find = async (urlPath: string) =>
    isRegistered && urlPath === registered.urlPath ? registered : undefined
  return createIssuerLookup({ oidcProviders: { find }, accountId, demo: false, ...deps })(iss)
}

test('a configured issuer counts as a registered one does: by its ARN, and with its claims below its URL', async () => {
  assert.deepEqual(await lookUp(issuer, { clients: [clientOf('web')] }), {
    issuer,
    principals: [`arn:aws:iam::${accountId}:oidc-provider/sso.example/realms/corp`],
    provider: `arn:aws:iam::${accountId}:oidc-provider/sso.example/realms/corp`,
    conditionPrefix: 'sso.example/realms/corp',
    audiences: new Set(['web']),
    demo: false,
  })
})

test('all clients of one issuer count, and those that are registered beside them', async () => {
  const clients = [clientOf('web'), clientOf('other-web')]
  const audiencesOf = async (isRegistered: boolean) =>
    (await lookUp(issuer, { clients }, isRegistered))?.audiences
  assert.deepEqual(await audiencesOf(false), new Set(['web', 'other-web']))
  assert.deepEqual(await audiencesOf(true), new Set(['machines', 'web', 'other-web']))
})

test('a client at Google’s issuer keeps Google’s names and keys', async () => {
  const google = { issuer: 'https://accounts.google.com', clientId: 'g', jwksUrl: 'https://keys.example' }
  const record = await lookUp('accounts.google.com', {
    google,
    clients: [clientOf('more', { issuer: google.issuer })],
  })
  assert.deepEqual(record?.principals, ['accounts.google.com'])
  assert.deepEqual(record?.audiences, new Set(['g', 'more']))
  assert.equal(record?.jwksUri, 'https://keys.example')
})

for (const iss of [
  `${issuer}/`,
  issuer.toUpperCase(),
  'http://sso.example/realms/corp',
  'sso.example/realms/corp',
  'https://sso.example/realms',
  'https://sso.example/realms/corp/x',
  '__proto__',
]) {
  test(`${iss} is not the configured issuer`, async () => {
    assert.equal(await lookUp(iss, { clients: [clientOf('web')] }), undefined)
  })
}

test('of Entra’s many tenants the listed ones are issuers, and what stands for all of them is none', async () => {
  const base = 'https://login.microsoftonline.com'
  const entra = { tenants: ['t-1', 't-2'], graphUrl: 'https://graph.example' }
  const clients = [clientOf('web', { issuer: `${base}/common/v2.0`, entra })]
  for (const [tenant, known] of [
    ['t-1', true],
    ['t-2', true],
    ['t-3', false],
    ['common', false],
    ['{tenantid}', false],
  ] as const) {
    assert.equal((await lookUp(`${base}/${tenant}/v2.0`, { clients })) !== undefined, known, tenant)
  }
})
