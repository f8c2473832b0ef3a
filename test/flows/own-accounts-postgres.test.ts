import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { createHttpBrowser } from '../support/http-browser.ts'
import { startAccountsRolecall } from '../support/own-accounts.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'

describe(
  'own accounts on PostgreSQL, which takes no NUL in a text',
  { skip: skipWithoutPostgres },
  async () => {
    if (skipWithoutPostgres !== false) return
    const { register, post, logged } = await startAccountsRolecall({
      DATABASE_URL: await createDatabase(),
      ROLECALL_MASTER_KEY: randomBytes(32).toString('base64'),
    })
    const nul = '\u0000'
    const code = 'AAAAA-AAAAA'
    const challenge = Buffer.from('{"type":"webauthn.get"}').toString('base64url')
    const response = JSON.stringify({
      id: nul,
      rawId: nul,
      type: 'public-key',
      response: { clientDataJSON: challenge, authenticatorData: 'AA', signature: 'AA' },
    })

    test('a stranger’s NUL is refused, and is no failure of ours', async () => {
      for (const [path, form] of [
        ['/sign-in/accounts/confirm', { id: nul, code }],
        ['/sign-in/accounts/new-password', { id: nul, code, password: 'a walrus in the garden' }],
        ['/sign-in/accounts/passkey', { response }],
        ['/sign-in/accounts', { email: `${nul}@example.com`, password: 'x' }],
        [
          '/sign-in/accounts/register',
          { email: 'new@example.com', password: 'a walrus somewhere', name: `A${nul}` },
        ],
      ] as const) {
        const { status } = await post(createHttpBrowser(), path, form)
        assert.ok(status < 500, `${path} ${status}`)
      }
      assert.ok(!logged().includes('unexpected'), 'and in the log')
    })

    test('neither is one of who is signed in', async () => {
      const browser = await register('ada@example.com')
      for (const [path, form] of [
        ['/account/own/sessions/end', { session: nul }],
        ['/account/own/passkeys/name', { passkey: nul, name: 'x' }],
        ['/account/own/passkeys/remove', { passkey: nul }],
        ['/account/own/email/confirm', { id: nul, code }],
      ] as const) {
        const { status } = await post(browser, path, form)
        assert.ok(status < 500, `${path} ${status}`)
      }
      assert.ok(!logged().includes('unexpected'), 'and in the log')
    })
  },
)
