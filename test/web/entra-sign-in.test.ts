import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import {
  listen,
  type RogueProvider,
  secret,
  sendJson,
  startRogueProvider,
} from '../support/openid-provider.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const [ours, partner, strange] = [
  '72f988bf-86f1-41af-91ab-2d7cd011db47',
  'aaaaaaaa-0000-4000-8000-000000000001',
  'bbbbbbbb-0000-4000-8000-000000000002',
]

/** A stand-in for Entra: every tenant has an issuer of its own below it, and all of them one key. */
const entra = await startRogueProvider()
const issuerOf = (tenant: string) => `${entra.url}/${tenant}/v2.0`
entra.discovery = (request, response) => {
  const [, tenant = ''] = (request.url ?? '').split('/')
  const isTemplate = tenant === 'organizations'
  sendJson(response, { ...entra.metadata, issuer: issuerOf(isTemplate ? '{tenantid}' : tenant) })
}

/** A stand-in for Microsoft Graph. */
const graph = await listen()
let asked: { method: string; url: string; authorization: string }[] = []
let pages: Record<string, unknown>[] = []
let graphStatus = 200
graph.answerWith((request, response) => {
  const { method = '', url = '', headers } = request
  asked.push({ method, url, authorization: headers.authorization ?? '' })
  sendJson(response, pages[asked.length - 1] ?? {}, graphStatus)
})
function graphAnswers(...next: Record<string, unknown>[]): void {
  asked = []
  pages = next
  graphStatus = 200
}

const client = (name: string, issuer: string) => ({
  [`OIDC_${name}_ISSUER`]: issuer,
  [`OIDC_${name}_CLIENT_ID`]: 'rolecall',
  [`OIDC_${name}_CLIENT_SECRET`]: secret,
  [`OIDC_${name}_PRESET`]: 'entra',
  [`OIDC_${name}_GRAPH_URL`]: `${graph.url}/v1.0/`,
})
const rolecall = await startRolecall({
  ...client('ONE', issuerOf(ours)),
  ...client('MANY', `${entra.url}/organizations/v2.0`),
  OIDC_MANY_TENANTS: `${ours},${partner}`,
})
const { url, accountId } = rolecall

const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')
const claimsOf = (tenant: string) => ({ iss: issuerOf(tenant), tid: tenant, oid: 'o-1', name: 'Ada' })
const overage = {
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'http://169.254.169.254/' } },
}

async function signIn(
  name: string,
  claims: object,
  { iss, by = entra }: { iss?: string; by?: RogueProvider } = {},
) {
  // Beginning is limited for each address, and all of these come from one.
  rolecall.advanceMs(2_000)
  const browser = createHttpBrowser()
  const asking = locationOf(await browser.get(`${url}/sign-in/${name}`))?.searchParams
  entra.answerWith(by.sign({ nonce: asking?.get('nonce'), ...claims }))
  const answer = new URLSearchParams({ code: 'c', state: asking?.get('state') ?? '', ...(iss && { iss }) })
  return { browser, answer: await browser.get(`${url}/sign-in/${name}/callback?${answer}`) }
}

test('people of the one tenant that is configured sign in, and nobody else’s', async () => {
  const { answer } = await signIn('one', claimsOf(ours))
  assert.equal(answer.headers.get('location'), '/roles')
  assert.equal(noticeOf((await signIn('one', claimsOf(partner))).answer), 'unverified')
})

test('of many tenants those that are listed sign in, each as an issuer of its own', async () => {
  const role = await rolecall.createRole('partners', trusting(accountId, { url: issuerOf(partner) }))
  for (const [tenant, isOffered] of [
    [partner, true],
    [ours, false],
  ] as const) {
    const { browser, answer } = await signIn('many', claimsOf(tenant))
    assert.equal(answer.headers.get('location'), '/roles')
    assert.equal((await (await browser.get(`${url}/roles`)).text()).includes(role), isOffered)
  }
})

const stranger = await startRogueProvider()
for (const [story, claims, more] of [
  ['of a tenant that is not listed', claimsOf(strange), {}],
  ['whose tid is another tenant than its iss', { ...claimsOf(ours), tid: partner }, {}],
  ['without a tid', { ...claimsOf(ours), tid: undefined }, {}],
  ['whose iss is the gap itself', { ...claimsOf(ours), iss: issuerOf('{tenantid}') }, {}],
  ['whose iss is of no tenant', { ...claimsOf(ours), iss: issuerOf('organizations') }, {}],
  ['that another’s key signed', claimsOf(ours), { by: stranger }],
] as [string, object, { by?: RogueProvider }][]) {
  test(`a token ${story} signs nobody in`, async () => {
    assert.equal(noticeOf((await signIn('many', claims, more)).answer), 'unverified')
  })
}

test('an iss in the answer must be that of a listed tenant', async () => {
  const { answer } = await signIn('many', claimsOf(ours), { iss: issuerOf(ours) })
  assert.equal(answer.headers.get('location'), '/roles')
  const { answer: refused } = await signIn('many', claimsOf(ours), { iss: issuerOf(strange) })
  assert.equal(noticeOf(refused), 'failed')
})

const keyOf = (name: string) => `${new URL(entra.url).host}/${ours}/v2.0:${name}`
const grouped = await rolecall.createRole(
  'grouped',
  trusting(
    accountId,
    { url: issuerOf(ours) },
    { 'ForAnyValue:StringEquals': { [keyOf('groups')]: 'group-777' } },
  ),
)
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `group-${from + n}`)

for (const [story, claims] of [
  ['_claim_names', overage],
  ['hasgroups', { hasgroups: true }],
] as const) {
  test(`groups that are elsewhere (${story}) are fetched from the configured Graph, page by page`, async () => {
    graphAnswers(
      { value: ids(0, 700), '@odata.nextLink': `${graph.url}/v1.0/me/next?$skiptoken=x` },
      { value: ids(600, 1500) },
    )
    const { browser, answer } = await signIn('one', { ...claimsOf(ours), ...claims })
    assert.equal(answer.headers.get('location'), '/roles')
    assert.deepEqual(
      asked.map(({ method, url }) => `${method} ${url}`),
      ['POST /v1.0/me/getMemberObjects', 'GET /v1.0/me/next?$skiptoken=x'],
    )
    assert.ok(asked.every(({ authorization }) => authorization === 'Bearer an-access-token'))
    const credentials = await browser.post(`${url}/credentials`, { role: grouped, duration: '900' })
    assert.match(await credentials.text(), /ASIA[A-Z2-7]{16}/)
  })
}

test('somebody in as many groups as are taken still gets credentials', async () => {
  graphAnswers({ value: ids(0, 2_000) })
  const { browser } = await signIn('one', { ...claimsOf(ours), ...overage })
  const credentials = await browser.post(`${url}/credentials`, { role: grouped, duration: '900' })
  assert.match(await credentials.text(), /ASIA[A-Z2-7]{16}/)
})

test('groups that are in the token are taken from there, and Graph is not asked', async () => {
  graphAnswers()
  const { browser } = await signIn('one', { ...claimsOf(ours), groups: ['group-777'] })
  assert.deepEqual(asked, [])
  assert.ok((await (await browser.get(`${url}/roles`)).text()).includes(grouped))
})

const more = (next: unknown) => ({ value: ids(0, 1), '@odata.nextLink': next })
for (const [story, answers] of [
  ['names too many', [{ value: ids(0, 2_001) }]],
  [
    'names too many on several pages',
    [{ ...more(`${graph.url}/v1.0/n`), value: ids(0, 1500) }, { value: ids(1500, 3000) }],
  ],
  ['has pages without end', Array.from({ length: 30 }, () => more(`${graph.url}/v1.0/n`))],
  ['sends us elsewhere with the token', [more(`${entra.url}/v1.0/next`)]],
  ['sends us beside its own path', [more(`${graph.url}/beta/next`), { value: ids(1, 2) }]],
  ['sends us up from its own path', [more(`${graph.url}/v1.0/../beta/next`), { value: ids(1, 2) }]],
  ['sends us nowhere', [more(7)]],
  ['names none', [{ value: [] }]],
  ['answers no list', [{ value: 'group-777' }]],
  ['answers a list of other things', [{ value: [{ id: 'group-777' }] }]],
  ['answers nothing', [{}]],
] as [string, Record<string, unknown>[]][]) {
  test(`a Graph that ${story} ends the sign-in, rather than one with fewer groups`, async () => {
    graphAnswers(...answers)
    const before = entra.hits['/v1.0/next']
    const { answer } = await signIn('one', { ...claimsOf(ours), ...overage })
    assert.equal(noticeOf(answer), 'unreachable')
    assert.ok(asked.length <= 20)
    assert.equal(entra.hits['/v1.0/next'], before)
  })
}

test('a Graph that refuses ends the sign-in as well', async () => {
  graphAnswers({ value: ids(0, 5) })
  graphStatus = 403
  assert.equal(noticeOf((await signIn('one', { ...claimsOf(ours), ...overage })).answer), 'unreachable')
})

test('a token that is not good is refused before Graph is asked', async () => {
  graphAnswers({ value: ids(0, 5) })
  const { answer } = await signIn('one', { ...claimsOf(ours), ...overage, nonce: 'other' })
  assert.equal(noticeOf(answer), 'unverified')
  assert.deepEqual(asked, [])
})

test('on the AWS wire and at POST /token the configured tenants’ tokens count, but not with groups elsewhere', async () => {
  const role = await rolecall.createRole('wire', trusting(accountId, { url: issuerOf(partner) }))
  const assume = (claims: object) =>
    rolecall.sts().send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: role,
        RoleSessionName: 'ada',
        WebIdentityToken: entra.sign({ ...claimsOf(partner), ...claims }),
      }),
    )
  const { Provider, Audience } = await assume({})
  assert.equal(Provider, issuerOf(partner))
  assert.equal(Audience, 'rolecall')
  await assert.rejects(assume(overage), { name: 'IDPRejectedClaimException' })
  await assert.rejects(assume({ iss: issuerOf(strange) }), { name: 'InvalidIdentityTokenException' })
  await assert.rejects(assume({ aud: 'other' }), { name: 'InvalidIdentityTokenException' })

  const exchange = (claims: object) =>
    fetch(`${url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: entra.sign({ ...claimsOf(partner), ...claims }),
        resource: role,
      }),
    })
  assert.equal((await exchange({})).status, 200)
  assert.equal((await exchange({ hasgroups: true })).status, 400)
})
