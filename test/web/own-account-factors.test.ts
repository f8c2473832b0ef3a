import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { claimsOf, password, startAccountsRolecall } from '../support/own-accounts.ts'
import { trusting } from '../support/rolecall.ts'
import { appCode } from '../support/totp.ts'

describe('an authenticator app beside a password', async () => {
  const rolecall = await startAccountsRolecall()
  const { mail, register, post, get, logIn, token } = rolecall
  const key = rolecall.issuer.url.replace(/^https?:\/\//, '')
  const strict = await rolecall.createRole(
    'strict',
    trusting(rolecall.accountId, rolecall.issuer, {
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': '60' },
      'ForAnyValue:StringEquals': { [`${key}:amr`]: ['mfa'] },
    }),
  )
  await rolecall.iam().send(
    new PutRolePolicyCommand({
      RoleName: 'strict',
      PolicyName: 'look',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Action: 'iam:ListRoles',
          Resource: '*',
          Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        },
      }),
    }),
  )
  let ahead = 0
  /** Each code counts once: the next one is had by waiting. */
  function nextCode(secret: string): string {
    rolecall.advanceMs(30_000)
    ahead += 30_000
    return appCode(secret, Date.now() + ahead)
  }
  const notice = (answer: Response) => locationOf(answer)?.searchParams.get('notice')

  async function enrol(browser: HttpBrowser): Promise<{ secret: string; codes: string[] }> {
    const page = await (await get(browser, '/account/own/app')).text()
    const ticket = /name="ticket" value="([\w-]+)"/.exec(page)?.[1] ?? ''
    const secret = (/<code class="address">([A-Z2-7 ]+)<\/code>/.exec(page)?.[1] ?? '').replaceAll(' ', '')
    assert.match(page, /<svg/)
    assert.ok(page.includes(`secret=${secret}`))
    const answer = await post(browser, '/account/own/app', { ticket, code: nextCode(secret) })
    const codes = [...(await answer.text()).matchAll(/<code>([0-9A-Z-]{19})<\/code>/g)].map(([, c = '']) => c)
    return { secret, codes }
  }
  /** The page that asks for the factor. */
  async function showPassword(email: string, browser = createHttpBrowser()) {
    const answer = await logIn(email, password, browser)
    assert.equal(answer.status, 200)
    const ticket = /name="ticket" value="([\w-]+)"/.exec(await answer.text())?.[1] ?? ''
    return {
      browser,
      ticket,
      send: (code: string) => post(browser, '/sign-in/accounts/factor', { ticket, code }),
    }
  }

  test('is enrolled by a picture and a code, with ten recovery codes that are shown once', async () => {
    const browser = await register('enrol@example.com')
    const { codes } = await enrol(browser)
    assert.equal(new Set(codes).size, 10)
    const page = await (await get(browser, '/account/own')).text()
    assert.match(page, /You have 10 recovery codes left/)
    for (const code of codes) assert.ok(!page.includes(code))
    assert.match((await mail.mailTo('enrol@example.com', 2)).text, /an authenticator app was added/)
  })

  test('a wrong code enrols nothing, and the next page has another seed', async () => {
    const browser = await register('wrong@example.com')
    const page = await (await get(browser, '/account/own/app')).text()
    const ticket = /name="ticket" value="([\w-]+)"/.exec(page)?.[1] ?? ''
    const answer = await post(browser, '/account/own/app', { ticket, code: '000000' })
    assert.equal(answer.status, 403)
    assert.equal(locationOf(await logIn('wrong@example.com'))?.pathname, '/roles')
    // Nor does somebody else's enrolment.
    const other = await register('else@example.com')
    const theirs = await post(other, '/account/own/app', { ticket, code: '000000' })
    assert.equal(theirs.status >= 400, true)
  })

  test('is asked for after the password, each code once', async () => {
    const { secret } = await enrol(await register('twice@example.com'))
    const first = await showPassword('twice@example.com')
    assert.equal((await get(first.browser, '/roles')).status, 303)
    const code = nextCode(secret)
    assert.equal(locationOf(await first.send(code))?.pathname, '/roles')
    const second = await showPassword('twice@example.com')
    const again = await second.send(code)
    assert.equal(again.status, 403)
    assert.match(await again.text(), /Each is good once/)
    assert.equal(locationOf(await second.send(nextCode(secret)))?.pathname, '/roles')
  })

  test('a wrong code beside the right password is told to its owner', async () => {
    await enrol(await register('warned@example.com'))
    const { send } = await showPassword('warned@example.com')
    await send('000000')
    await send('111111')
    assert.match((await mail.mailTo('warned@example.com', 3)).text, /they know\s+your password/)
    assert.equal(mail.received.filter(({ to }) => to.includes('warned@example.com')).length, 3)
  })

  test('codes can’t be guessed: five wrong ones, and it is over for a while', async () => {
    await enrol(await register('bounded@example.com'))
    const { send } = await showPassword('bounded@example.com')
    const answers = []
    for (let n = 0; n < 7; n++) answers.push((await send(String(100_000 + n))).status)
    assert.deepEqual(answers.slice(0, 5), [403, 403, 403, 403, 403])
    assert.equal(answers.at(-1), 429)
    rolecall.advanceMs(16 * 60_000)
    ahead += 16 * 60_000
  })

  test('a recovery code does instead, once', async () => {
    const { codes } = await enrol(await register('recover@example.com'))
    const [code = ''] = codes
    assert.equal(
      locationOf(await (await showPassword('recover@example.com')).send(code.toLowerCase()))?.pathname,
      '/roles',
    )
    assert.equal((await (await showPassword('recover@example.com')).send(code)).status, 403)
  })

  test('new recovery codes take the place of the old', async () => {
    const browser = await register('renew@example.com')
    const { codes } = await enrol(browser)
    const page = await (await post(browser, '/account/own/recovery-codes', {})).text()
    const [fresh = ''] = [...page.matchAll(/<code>([0-9A-Z-]{19})<\/code>/g)].map(([, c = '']) => c)
    assert.equal((await (await showPassword('renew@example.com')).send(codes[0] ?? '')).status, 403)
    assert.equal(locationOf(await (await showPassword('renew@example.com')).send(fresh))?.pathname, '/roles')
  })

  test('a ticket is no sign-in: not for long, not after a new password, and not for anybody else', async () => {
    const browser = await register('ticket@example.com')
    const { secret } = await enrol(browser)
    const late = await showPassword('ticket@example.com')
    rolecall.advanceMs(5 * 60_000)
    ahead += 5 * 60_000
    assert.equal(notice(await late.send(nextCode(secret))), 'over')
    const before = await showPassword('ticket@example.com')
    await post(browser, '/account/own/password', { old: password, password: 'another walrus entirely' })
    assert.equal(notice(await before.send(nextCode(secret))), 'over')
    for (const ticket of ['', 'x', before.ticket.slice(0, -2)]) {
      const answer = await post(createHttpBrowser(), '/sign-in/accounts/factor', { ticket, code: '000000' })
      assert.equal(notice(answer), 'over')
    }
  })

  test('stays when the password is set anew by mail', async () => {
    const { secret } = await enrol(await register('stays@example.com'))
    const browser = createHttpBrowser()
    const asked = await post(browser, '/sign-in/accounts/forgotten', { email: 'stays@example.com' })
    const id = locationOf(asked)?.searchParams.get('id') ?? ''
    const code = await mail.codeTo('stays@example.com', 3)
    await post(browser, '/sign-in/accounts/new-password', { id, code, password })
    const { send } = await showPassword('stays@example.com')
    assert.equal(locationOf(await send(nextCode(secret)))?.pathname, '/roles')
  })

  test('is removed again by who is signed in, and its recovery codes with it', async () => {
    const browser = await register('remove@example.com')
    await enrol(browser)
    assert.equal(notice(await post(browser, '/account/own/app/remove', {})), 'app-removed')
    assert.equal(locationOf(await logIn('remove@example.com'))?.pathname, '/roles')
    assert.doesNotMatch(await (await get(browser, '/account/own')).text(), /recovery codes left/)
  })

  test('POST /token asks for it, takes it as otp, and says so in amr and aws:MultiFactorAuthPresent', async () => {
    const { secret } = await enrol(await register('token@example.com'))
    const form = { username: 'token@example.com', password }
    const asked = await token(form)
    assert.deepEqual([asked.status, asked.error], [400, 'interaction_required'])
    assert.equal((await token({ ...form, otp: '000000' })).error, 'invalid_grant')
    const { id_token, status, credentials } = await token({
      ...form,
      otp: nextCode(secret),
      resource: strict,
    })
    assert.equal(status, 200)
    assert.deepEqual(claimsOf(id_token).amr, ['pwd', 'otp', 'mfa'])
    const { AccessKeyId, SecretAccessKey, SessionToken } = Object(credentials)
    const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
    // The session carries it on, to the role's own policies.
    const client = rolecall.iam(keys)
    client.config.systemClockOffset = ahead
    assert.ok((await client.send(new ListRolesCommand({}))).Roles)
  })

  test('who does not know the password is not told that a second factor is needed', async () => {
    await enrol(await register('quiet@example.com'))
    const wrong = await token({ username: 'quiet@example.com', password: 'wrong' })
    assert.equal(wrong.error, 'invalid_grant')
    assert.equal(notice(await logIn('quiet@example.com', 'wrong')), 'refused')
  })
})
