import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accountWalk, noticeOf } from '../support/account-walk.ts'
import { changeEntry } from '../support/directory.ts'
import { settingsOf, trustingDirectory } from '../support/directory-settings.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { startRolecall } from '../support/rolecall.ts'
import { skipWithoutSlapd, startSlapd, uidDn } from '../support/slapd.ts'

describe('a directory’s way in', { skip: skipWithoutSlapd }, async () => {
  if (skipWithoutSlapd) return
  const slapd = await startSlapd()
  const rolecall = await startRolecall({ ...settingsOf(slapd, 'ldap'), LDAP_NAME: 'corp' })
  const { url, accountId } = rolecall
  const walk = accountWalk(rolecall)
  await rolecall.createRole('dev', trustingDirectory(accountId, undefined, 'corp'))
  const logIn = (browser: HttpBrowser, username: string) => {
    const form = { username, password: slapd.passwords[username] ?? '' }
    return browser.post(`${url}/sign-in/directory`, form)
  }
  const signedIn = async (username: string) => {
    const browser = createHttpBrowser()
    assert.equal((await logIn(browser, username)).headers.get('location'), '/roles')
    return browser
  }

  test('is linked after a log-in at its own form, and both are one person from then on', async () => {
    const browser = await signedIn('ada')
    const { html } = await walk.ask(browser)
    const form = await (await browser.get(walk.hrefIn(html, 'directory'))).text()
    assert.match(form, /action="\/sign-in\/directory"/)
    assert.match(form, /class="person-name">Ada Lovelace</, 'the form says who is signed in meanwhile')
    const page = await browser.follow(await logIn(browser, 'ben'))
    assert.equal(new URL(page.url).pathname, '/account/confirm')
    assert.equal(noticeOf(await walk.confirm(browser, page)), 'linked')
    const id = await walk.personIdOn(browser)
    assert.match(id, /^PERSON/)
    assert.equal(await walk.personIdOn(await signedIn('ben')), id)
    const role = await rolecall.createRole(
      'one',
      trustingDirectory(accountId, { StringEquals: { 'rolecall:person': id } }, 'corp'),
    )
    const answer = await (await signedIn('ben')).post(`${url}/credentials`, { role, duration: '900' })
    assert.match(await answer.text(), /ASIA[A-Z2-7]{16}/)
    const other = await (await signedIn('zoe')).post(`${url}/credentials`, { role, duration: '900' })
    assert.doesNotMatch(await other.text(), /ASIA/)
  })

  test('is unlinked after a log-in at its own form by that very person', async () => {
    const browser = await signedIn('ada')
    const html = await (await browser.get(`${url}/account`)).text()
    const found = [
      ...html.matchAll(/name="issuer" value="([^"]+)">\s*<input[^>]+name="subject" value="([^"]+)"/g),
    ]
    const [, ben = { issuer: '', subject: '' }] = found.map(([, issuer = '', subject = '']) => ({
      issuer,
      subject,
    }))
    for (const [username, notice] of [
      ['zoe', 'another'],
      ['ben', 'unlinked'],
    ] as const) {
      const { html: asked } = await walk.ask(browser, '/account/unlink', ben)
      await browser.get(walk.hrefIn(asked, 'directory'))
      assert.equal(noticeOf(await logIn(browser, username)), notice)
    }
    const { html: again } = await walk.ask(browser)
    await browser.get(walk.hrefIn(again, 'directory'))
    assert.equal(
      noticeOf(await walk.confirm(browser, await browser.follow(await logIn(browser, 'ben')))),
      'linked',
    )
  })

  test('an ordinary log-in is no end of a linking that nobody left for', async () => {
    const browser = await signedIn('zoe')
    await walk.ask(browser)
    assert.equal((await logIn(browser, 'ada')).headers.get('location'), '/roles')
    assert.match(await (await browser.get(`${url}/roles`)).text(), /Ada Lovelace/)
  })

  test('whose password is wrong leaves who is signed in as they were', async () => {
    const browser = await signedIn('zoe')
    const { html } = await walk.ask(browser)
    await browser.get(walk.hrefIn(html, 'directory'))
    const answer = await browser.post(`${url}/sign-in/directory`, { username: 'ada', password: 'wrong' })
    assert.equal(locationOf(answer)?.searchParams.get('notice'), 'refused')
    assert.match(await (await browser.follow(answer)).text(), /Zoë/)
  })

  test('that is disabled ends for itself: what names the person is theirs by the other, unless it asks for the way too', async () => {
    const browser = await signedIn('ben')
    const id = await walk.personIdOn(browser)
    const ofPerson = (Condition: object) => ({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${accountId}:person/${id}` },
        Action: 'sts:AssumeRoleWithLDAPIdentity',
        Condition,
      },
    })
    const roles = [
      await rolecall.createRole('of-person', ofPerson({})),
      await rolecall.createRole('of-both', ofPerson({ StringEquals: { 'ldap:username': 'ada' } })),
    ]
    const opened = async (page: HttpBrowser) =>
      Promise.all(
        roles.map(async role =>
          /ASIA/.test(await (await page.post(`${url}/credentials`, { role, duration: '900' })).text()),
        ),
      )
    assert.deepEqual(await opened(await signedIn('ada')), [true, true])
    await changeEntry(slapd, uidDn('ada'), { pwdAccountLockedTime: '000001010000Z' })
    assert.equal(noticeOf(await logIn(createHttpBrowser(), 'ada')), 'refused')
    assert.deepEqual(await opened(browser), [true, false])
  })
})
