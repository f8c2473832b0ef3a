import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { createKeyring } from '../../server/keys/keyring.ts'
import { openRecord, sealRecord } from '../../server/keys/sealed-record.ts'
import { createHttpBrowser, locationOf } from '../support/http-browser.ts'
import { codeIn } from '../support/mail-server.ts'
import { password, startAccountsRolecall } from '../support/own-accounts.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'

describe('own accounts on several nodes', { skip: skipWithoutPostgres }, () => {
  test('a code that one node sent is taken by another, and once by both', async () => {
    const env = {
      DATABASE_URL: await createDatabase(),
      ROLECALL_MASTER_KEY: randomBytes(32).toString('base64'),
    }
    const [one, other] = [await startAccountsRolecall(env), await startAccountsRolecall(env)]
    const browser = createHttpBrowser()
    const id = await one.begin(browser, { email: 'ada@example.com', password })
    const code = codeIn((await one.mail.mailTo('ada@example.com')).text)
    browser.jars.set(other.url, new Map(browser.jars.get(one.url)))
    const answers = await Promise.all(
      [one, other].map(node => node.post(browser, '/sign-in/accounts/confirm', { id, code })),
    )
    const done = answers.filter(answer => locationOf(answer)?.pathname === '/roles')
    assert.equal(done.length, 1)
    assert.equal((await other.token({ username: 'ada@example.com', password })).status, 200)
  })

  test('an authenticator app outlives the master key that it was sealed under', async () => {
    const DATABASE_URL = await createDatabase()
    const [before, after] = [randomBytes(32), randomBytes(32)]
    const first = await startAccountsRolecall({
      DATABASE_URL,
      ROLECALL_MASTER_KEY: before.toString('base64'),
    })
    await first.register('ada@example.com')
    const { accounts } = first.rolecall.store
    const account = await accounts.findByEmail('ada@example.com')
    assert.ok(account)
    const seed = Buffer.from('a seed of twenty byt')
    const sealedSeed = sealRecord(createKeyring([before]), 'secret-at-rest', seed, account.subject)
    assert.ok(await accounts.change(account, { totp: { sealedSeed, step: 1 } }, Date.now()))
    const second = await startAccountsRolecall({
      DATABASE_URL,
      ROLECALL_MASTER_KEY: after.toString('base64'),
      ROLECALL_MASTER_KEY_PREVIOUS: before.toString('base64'),
    })
    const kept = await second.rolecall.store.accounts.find(account.subject)
    const opened = openRecord(
      createKeyring([after]),
      'secret-at-rest',
      kept?.sealedTotp ?? Buffer.alloc(0),
      account.subject,
    )
    assert.deepEqual(opened, seed)
  })
})
