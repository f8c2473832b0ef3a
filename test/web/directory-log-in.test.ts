import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assumeRole } from '../support/aws-calls.ts'
import { settingsOf, trustingDirectory } from '../support/directory-settings.ts'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { groupOfNamesDn, skipWithoutSlapd, startSlapd } from '../support/slapd.ts'

describe('the sign-in page’s form', { skip: skipWithoutSlapd }, async () => {
  if (skipWithoutSlapd) return
  const slapd = await startSlapd()
  const rolecall = await startRolecall({ ...settingsOf(slapd, 'ldap'), LDAP_NAME: 'corp' })
  const { url, accountId } = rolecall
  const condition = { 'ForAnyValue:StringEquals': { 'ldap:groups': groupOfNamesDn('engineers') } }
  const dev = await rolecall.createRole('dev', trustingDirectory(accountId, condition, 'corp'))
  await rolecall.createRole(
    'ops',
    trustingDirectory(accountId, { StringEquals: { 'ldap:username': 'ben' } }, 'corp'),
  )
  const logIn = (
    username: string,
    password = slapd.passwords[username] ?? '',
    browser = createHttpBrowser(),
  ) => browser.post(`${url}/sign-in/directory`, { username, password })
  const noticeOf = (answer: Response) => locationOf(answer)?.searchParams.get('notice')

  test('is there where a directory is set up, under its name', async () => {
    const page = await (await createHttpBrowser().get(url)).text()
    assert.match(page, /action="\/sign-in\/directory"/)
    assert.match(page, /<bdi>corp<\/bdi>/)
    const without = await startRolecall()
    assert.doesNotMatch(await (await createHttpBrowser().get(without.url)).text(), /type="password"/)
    assert.equal((await createHttpBrowser().post(`${without.url}/sign-in/directory`, {})).status, 404)
  })

  test('signs somebody in, shows the roles of their groups, and gives their credentials', async () => {
    const browser = createHttpBrowser()
    const answer = await logIn('ada', undefined, browser)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/roles'])
    const roles = await (await browser.get(`${url}/roles`)).text()
    assert.match(roles, /Ada Lovelace/)
    assert.ok(roles.includes(dev) && !roles.includes(rolecall.roleArn('ops')))
    const credentials = await browser.post(`${url}/credentials`, { role: dev, duration: '900' })
    assert.match(await credentials.text(), /ASIA[A-Z2-7]{16}/)
  })

  test('a new session id comes with it, and the one before it stays a stranger’s (session fixation)', async () => {
    const [browser, thief] = [createHttpBrowser(), createHttpBrowser()]
    await logIn('ada', undefined, browser)
    const before = new Map(browser.jars.get(url))
    thief.jars.set(url, new Map(before))
    await logIn('ben', undefined, browser)
    assert.notDeepEqual(browser.jars.get(url), before)
    assert.match(await (await browser.get(`${url}/roles`)).text(), /Ben Franklin/)
    assert.doesNotMatch(await (await thief.get(`${url}/roles`)).text(), /Ben Franklin/)
  })

  test('sends everybody back whom the directory refuses, with the same words', async () => {
    const answers = await Promise.all([
      logIn('ada', 'wrong'),
      logIn('nobody', 'x'),
      logIn('grace'),
      logIn('mia'),
      logIn('ada', ''),
    ])
    for (const answer of answers) {
      assert.deepEqual([answer.status, noticeOf(answer)], [303, 'refused'])
      assert.deepEqual(answer.headers.getSetCookie(), [])
    }
    const page = await (await createHttpBrowser().get(`${url}/?notice=refused`)).text()
    assert.match(page, /That user name and password were refused\./)
  })

  test('never shows a name that was typed, nor puts it into an address', async () => {
    const answer = await logIn('<script>alert(1)</script>', 'x')
    assert.match(answer.headers.get('location') ?? '', /^\/\?notice=refused&request=[0-9a-f-]{36}$/)
  })

  test('says so when the directory is gone, while others sign in, and works once it is back', async () => {
    const issuer = await rolecall.registerIssuer()
    const other = await rolecall.createRole('other', trusting(accountId, issuer))
    await slapd.stop()
    const [refused, { Credentials }] = await Promise.all([
      logIn('ada'),
      assumeRole(rolecall, other, issuer.sign()),
    ])
    assert.equal(noticeOf(refused), 'unreachable')
    assert.match(Credentials?.AccessKeyId ?? '', /^ASIA/)
    await slapd.restart()
    assert.equal(locationOf(await logIn('ada'))?.pathname, '/roles')
  })
})
