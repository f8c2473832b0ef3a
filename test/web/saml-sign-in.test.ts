import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateSAMLProviderCommand, DeleteSAMLProviderCommand } from '@aws-sdk/client-iam'
import { arrive, createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { startRolecall } from '../support/rolecall.ts'
import { type Asked, awsAttributes, createSamlIdp, encode, readAuthnRequest } from '../support/saml-idp.ts'
import { postSigned } from '../support/signed-form.ts'

const rolecall = await startRolecall()
const { url, accountId } = rolecall
const idp = createSamlIdp()
const arnOf = (name: string) => `arn:aws:iam::${accountId}:saml-provider/${name}`
for (const Name of ['corp', 'other']) {
  const SAMLMetadataDocument = idp.metadata()
  await rolecall.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument }))
}
const trust = { Effect: 'Allow', Principal: { Federated: arnOf('corp') }, Action: 'sts:AssumeRoleWithSAML' }
const dev = await rolecall.createRole('dev', { Version: '2012-10-17', Statement: trust })
await rolecall.createRole('ops', { Version: '2012-10-17', Statement: trust })
const attributes = { ...awsAttributes([dev], arnOf('corp'), 'ada@corp'), 'urn:oid:2.5.4.3': ['Ada Lovelace'] }

/** To the provider's door: what it is asked. */
async function leave(browser: HttpBrowser, name = 'corp') {
  const to = locationOf(await browser.get(`${url}/sign-in/saml/${name}`))
  assert.ok(to)
  return readAuthnRequest(to)
}

/** As the provider's own page posts it. Another site's form brings no session along. */
async function post(
  browser: HttpBrowser,
  asked: Awaited<ReturnType<typeof leave>>,
  more: Partial<Asked> & { relayState?: string } = {},
): Promise<Response> {
  const { relayState, ...respond } = more
  const { recipient, audience, id } = asked
  const xml = await idp.respond({ recipient, audience, inResponseTo: id, attributes, ...respond })
  const form = { SAMLResponse: encode(xml), RelayState: relayState ?? asked.relayState }
  const headers = { origin: 'https://idp.example', 'sec-fetch-site': 'cross-site' }
  const session = browser.jars.get(url)?.get('rolecall')
  browser.jars.get(url)?.delete('rolecall')
  const answer = await browser.post(`${url}/saml/acs`, form, headers)
  if (session !== undefined && browser.jars.get(url)?.has('rolecall') === false)
    browser.jars.get(url)?.set('rolecall', session)
  return answer
}

/** And on to where its answer leads. */
async function comeBack(...way: Parameters<typeof post>): Promise<Response> {
  return arrive(way[0], await post(...way))
}

const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')

test('the sign-in page offers the provider, asks it in its form, and shows the roles that it names', async () => {
  const browser = createHttpBrowser()
  assert.match(await (await browser.get(url)).text(), /href="\/sign-in\/saml\/corp"/)
  const asked = await leave(browser)
  assert.deepEqual(
    { ...asked, id: '', relayState: '' },
    {
      id: '',
      recipient: `${url}/saml/acs`,
      audience: `${url}/saml/metadata`,
      destination: 'https://idp.example/sso',
      relayState: '',
    },
  )
  assert.match(asked.id, /^_[0-9a-f]{40}$/)
  assert.ok(asked.relayState.length <= 80)

  const answer = await comeBack(browser, asked)
  assert.equal(answer.headers.get('location'), '/roles')
  const roles = await (await browser.get(`${url}/roles`)).text()
  assert.match(roles, /Ada Lovelace/)
  assert.ok(roles.includes(dev))
  assert.ok(!roles.includes(rolecall.roleArn('ops')), 'a role that the provider does not name is not offered')
  const credentials = await browser.post(`${url}/credentials`, { role: dev, duration: '900' })
  assert.match(await credentials.text(), /ASIA[A-Z2-7]{16}/)
  const other = await browser.post(`${url}/credentials`, { role: rolecall.roleArn('ops'), duration: '900' })
  assert.doesNotMatch(await other.text(), /ASIA[A-Z2-7]{16}/)
})

test('the cookie that binds the answer comes along from another site, and is no other’s', async () => {
  const answer = await createHttpBrowser().get(`${url}/sign-in/saml/corp`)
  const cookie = answer.headers.getSetCookie().find(line => line.startsWith('rolecall-saml='))
  assert.match(cookie ?? '', /; HttpOnly; Secure; SameSite=None$/i)
})

for (const [story, attempt, notice] of [
  ['in another browser', async () => comeBack(createHttpBrowser(), await leave(createHttpBrowser())), 'over'],
  [
    'without having been asked for',
    async () => {
      const browser = createHttpBrowser()
      return comeBack(browser, await leave(browser), { relayState: '' })
    },
    'over',
  ],
  [
    'to another request',
    async () => {
      const browser = createHttpBrowser()
      await leave(browser)
      return comeBack(browser, await leave(browser), { inResponseTo: `_${'0'.repeat(40)}` })
    },
    'unverified',
  ],
  [
    'whose envelope names another request',
    async () => {
      const browser = createHttpBrowser()
      return comeBack(browser, await leave(browser), { envelopeInResponseTo: '_another' })
    },
    'unverified',
  ],
  [
    'to nothing, which providers may not begin with here',
    async () => {
      const browser = createHttpBrowser()
      const { recipient, audience } = await leave(browser)
      const xml = await idp.respond({ recipient, audience, attributes })
      return browser.post(`${url}/saml/acs`, { SAMLResponse: encode(xml) }, { origin: 'https://idp.example' })
    },
    'over',
  ],
  [
    'to nothing, under the relay state of a request',
    async () => {
      const browser = createHttpBrowser()
      const { recipient, audience, relayState } = await leave(browser)
      const xml = await idp.respond({ recipient, audience, attributes })
      const form = { SAMLResponse: encode(xml), RelayState: relayState }
      return browser.post(`${url}/saml/acs`, form, { origin: 'https://idp.example' })
    },
    'unverified',
  ],
  [
    'of an earlier sign-in, to a later request',
    async () => {
      const browser = createHttpBrowser()
      const [first, second] = [await leave(browser), await leave(browser)]
      return comeBack(browser, first, { relayState: second.relayState })
    },
    'unverified',
  ],
  [
    'of one provider where another was asked',
    async () => {
      const browser = createHttpBrowser()
      const { relayState } = await leave(browser, 'other')
      return comeBack(browser, await leave(browser), { relayState })
    },
    'unverified',
  ],
  [
    'that nobody signed',
    async () => {
      const browser = createHttpBrowser()
      return comeBack(browser, await leave(browser), { signed: 'none' })
    },
    'unverified',
  ],
] as const) {
  test(`an answer ${story} signs nobody in`, async () => {
    const answer = await attempt()
    assert.equal(noticeOf(answer), notice)
    assert.ok(!answer.headers.getSetCookie().some(line => line.startsWith('rolecall=')))
  })
}

test('an answer counts once, whoever shows it', async () => {
  const browser = createHttpBrowser()
  const asked = await leave(browser)
  assert.equal((await comeBack(browser, asked, { id: '_once' })).headers.get('location'), '/roles')
  assert.equal(noticeOf(await comeBack(browser, asked, { id: '_twice' })), 'over')
})

test('what came back is taken up once, and in the browser that it came back in', async () => {
  const browser = createHttpBrowser()
  const next = locationOf(await post(browser, await leave(browser)))
  assert.ok(next)
  const victim = createHttpBrowser()
  await leave(victim)
  assert.equal(noticeOf(await victim.get(next.href)), 'over', 'planted in another browser')
  assert.equal((await browser.get(next.href)).headers.get('location'), '/roles')
  assert.equal(noticeOf(await browser.get(next.href)), 'over', 'a second time')
})

test('the session here ends with the one at the provider', async () => {
  const browser = createHttpBrowser()
  await comeBack(browser, await leave(browser), { sessionEndsAtMs: 60_000 })
  assert.equal((await browser.get(`${url}/roles`)).status, 200)
  rolecall.advanceMs(61_000)
  assert.equal((await browser.get(`${url}/roles`)).headers.get('location'), '/?notice=required')
  rolecall.advanceMs(-61_000)
})

test('a provider that is not there is a page that is not there', async () => {
  assert.equal((await createHttpBrowser().get(`${url}/sign-in/saml/absent`)).status, 404)
})

test('a provider whose metadata name no web page to go to is not offered', async () => {
  const SAMLMetadataDocument = idp.metadata({ singleSignOn: 'javascript:alert(1)' })
  await rolecall.iam().send(new CreateSAMLProviderCommand({ Name: 'odd', SAMLMetadataDocument }))
  const browser = createHttpBrowser()
  assert.doesNotMatch(await (await browser.get(url)).text(), /saml\/odd/)
  assert.equal((await browser.get(`${url}/sign-in/saml/odd`)).status, 404)
})

test('how long the provider wants it to last is what is chosen, and the longest that there is', async () => {
  const browser = createHttpBrowser()
  const SessionDuration = 'https://aws.amazon.com/SAML/Attributes/SessionDuration'
  await comeBack(browser, await leave(browser), {
    attributes: { ...attributes, [SessionDuration]: ['2700'] },
  })
  const roles = await (await browser.get(`${url}/roles`)).text()
  const options = [...roles.matchAll(/<option value="(\d+)"( selected)?>/g)]
  assert.deepEqual(
    options.map(([, seconds, selected]) => [seconds, selected !== undefined]),
    [
      ['900', false],
      ['1800', false],
      ['2700', true],
    ],
  )
  // A longer time than any that was offered.
  const answer = await (await browser.post(`${url}/credentials`, { role: dev, duration: '3600' })).text()
  assert.match(answer, /Valid for 45 minutes, until/)
})

test('a verified answer whose person’s sessions are ended before the last step leads to none', async () => {
  const browser = createHttpBrowser()
  const answer = await post(browser, await leave(browser), { nameId: 'late' })
  rolecall.advanceMs(2_000)
  const form = { Action: 'RevokeSessions', Version: '2010-05-08', Issuer: arnOf('corp'), Subject: 'late' }
  assert.equal((await postSigned(rolecall, 'iam', form)).status, 200)
  rolecall.advanceMs(2_000)
  await arrive(browser, answer)
  assert.equal(noticeOf(await browser.get(`${url}/roles`)), 'required')
})

test('when its provider is deleted a browser gets nothing more, nor when one is made anew under the name', async () => {
  const Name = 'short-lived'
  const create = () =>
    rolecall.iam().send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument: idp.metadata() }))
  await create()
  const Principal = { Federated: arnOf(Name) }
  const role = await rolecall.createRole('of-short-lived', {
    Version: '2012-10-17',
    Statement: { ...trust, Principal },
  })
  const browser = createHttpBrowser()
  const asked = { attributes: awsAttributes([role], arnOf(Name), 'ada') }
  await comeBack(browser, await leave(browser, Name), asked)
  const take = async () => (await browser.post(`${url}/credentials`, { role, duration: '900' })).text()
  assert.match(await take(), /ASIA/)
  rolecall.advanceMs(2_000)
  await rolecall.iam().send(new DeleteSAMLProviderCommand({ SAMLProviderArn: arnOf(Name) }))
  for (const story of ['deleted', 'made anew']) {
    assert.doesNotMatch(await take(), /ASIA/, story)
    assert.doesNotMatch(await (await browser.get(`${url}/roles`)).text(), /of-short-lived/, story)
    if (story === 'deleted') await create()
  }
})
