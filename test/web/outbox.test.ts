import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { codeIn } from '../support/mail-server.ts'
import { password } from '../support/own-accounts.ts'
import { startRolecall } from '../support/rolecall.ts'

describe('the outbox, where no mail server is set up', async () => {
  const rolecall = await startRolecall({ ROLECALL_ACCOUNTS: 'on', ROLECALL_TRUSTED_PROXIES: '127.0.0.1' })
  const { url, dataDir } = rolecall

  test('shows what would have been sent, on a page and in a file; its code works', async () => {
    const browser = createHttpBrowser()
    const begun = await browser.post(`${url}/sign-in/accounts/register`, {
      email: 'ada@example.com',
      password,
    })
    const next = await (await browser.get(locationOf(begun)?.href ?? '')).text()
    assert.match(next, /No mail server is set up.*href="\/outbox"/, 'whoever waits for a mail is sent there')
    assert.doesNotMatch(next, /There is a mail on its way/)
    const page = await (await browser.get(`${url}/outbox`)).text()
    const file = join(dataDir, 'outbox.txt')
    const code = codeIn(readFileSync(file, 'utf8'))
    assert.ok(page.includes(code))
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const id = locationOf(begun)?.searchParams.get('id') ?? ''
    const done = await browser.post(`${url}/sign-in/accounts/confirm`, { id, code })
    assert.equal(locationOf(done)?.pathname, '/roles')
    assert.ok(!rolecall.logged().includes(code))
  })

  test('is there for nobody who comes from elsewhere', async () => {
    const answer = await createHttpBrowser().get(`${url}/outbox`, { 'x-forwarded-for': '192.0.2.1' })
    assert.equal(answer.status, 404)
  })
})

test('there is no outbox where a mail server is set up', async () => {
  const { url } = await startRolecall({
    ROLECALL_ACCOUNTS: 'on',
    SMTP_URL: 'smtp://127.0.0.1:9',
    SMTP_FROM: 'rolecall@example.com',
  })
  const browser = createHttpBrowser()
  assert.equal((await browser.get(`${url}/outbox`)).status, 404)
  const waiting = await (await browser.get(`${url}/sign-in/accounts/confirm?id=x`)).text()
  assert.match(waiting, /There is a mail on its way/)
  assert.doesNotMatch(waiting, /outbox/)
})
