import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { browser, composeAccounts, password } from './compose-accounts.ts'

describe('whether an address has an account changes nothing about the work', async () => {
  const { accounts, register, workOf, facts, store } = await composeAccounts()
  const known = await register('known@example.com')
  const asking = { browser, facts }
  // What nobody's password is compared with is made once, at the first need.
  await workOf(() => accounts.logIn.showPassword('first@example.com', password, facts.sourceIp))

  test('at the log-in: one look-up and one hash, whatever is wrong', async () => {
    const logIn = (email: string, word: string, sourceIp: string) =>
      workOf(() => accounts.logIn.showPassword(email, word, sourceIp))
    const one = { hashes: 1, codes: 0, lookUps: 1, mails: 0 }
    assert.deepEqual(await logIn('known@example.com', password, '192.0.2.1'), one)
    assert.deepEqual(await logIn('known@example.com', 'wrong', '192.0.2.2'), one)
    assert.deepEqual(await logIn('unknown@example.com', 'wrong', '192.0.2.3'), one)
  })

  test('at the log-in of who has no password but passkeys', async () => {
    const other = await register('passkeys@example.com')
    await store.accounts.change(other, { passwordHash: null }, Date.now())
    const work = await workOf(() =>
      accounts.logIn.showPassword('passkeys@example.com', password, '192.0.2.9'),
    )
    assert.deepEqual(work, { hashes: 1, codes: 0, lookUps: 1, mails: 0 })
  })

  test('at a registration: one look-up, one hash, one row, one mail', async () => {
    const same = { hashes: 1, codes: 1, lookUps: 1, mails: 1 }
    for (const email of ['known@example.com', 'new@example.com'])
      assert.deepEqual(await workOf(() => accounts.register({ email, password }, asking)), same)
  })

  test('at a registration with a password that is refused: nothing is asked at all', async () => {
    const none = { hashes: 0, codes: 0, lookUps: 0, mails: 0 }
    for (const email of ['known@example.com', 'new@example.com'])
      assert.deepEqual(await workOf(() => accounts.register({ email, password: 'short' }, asking)), none)
  })

  test('at a forgotten password: one look-up and one row; the mail alone differs, and nobody waits for it', async () => {
    for (const [email, mails] of [
      ['known@example.com', 1],
      ['nobody@example.com', 0],
    ] as const) {
      const work = await workOf(() => accounts.beginReset(email, asking))
      assert.deepEqual(work, { hashes: 0, codes: 1, lookUps: 1, mails })
    }
  })

  test('at a new password with a wrong code: no hash', async () => {
    for (const email of ['known@example.com', 'nobody@example.com']) {
      const id = await accounts.beginReset(email, asking)
      const typed = { id, code: 'AAAAA-AAAAA', browser, password: 'another walrus' }
      const work = await workOf(() => accounts.resetPassword(typed, facts))
      assert.deepEqual(work, { hashes: 0, codes: 0, lookUps: 0, mails: 0 })
    }
  })

  test('at a change of address: one look-up, one hash, one row, one mail', async () => {
    const account = (await store.accounts.find(known.subject)) ?? known
    await register('theirs@example.com')
    for (const email of ['theirs@example.com', 'free@example.com']) {
      const work = await workOf(() => accounts.beginEmailChange(account, { email, password }, asking))
      assert.deepEqual(work, { hashes: 1, codes: 1, lookUps: 1, mails: 1 })
    }
  })
})
