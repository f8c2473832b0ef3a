import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refusalOf } from '../support/refusal-of.ts'
import { createSoftAuthenticator } from '../support/soft-authenticator.ts'
import { composeAccounts } from './compose-accounts.ts'

const origin = 'https://login.example'

describe('passkeys, by an authenticator that does as it is told', async () => {
  const { accounts, store, register, facts, advanceMs } = await composeAccounts()
  const { passkeys } = accounts
  let count = 0

  async function withPasskey(counter = 0) {
    const account = await register(`person${++count}@example.com`)
    const authenticator = createSoftAuthenticator(origin)
    const answer = authenticator.create(await passkeys.addOptions(account), { counter })
    await passkeys.add(account, answer, 'key', facts)
    const now = await store.accounts.find(account.subject)
    assert.ok(now)
    return { account: now, authenticator }
  }
  const refusal = async (promise: Promise<unknown>) => {
    const { reason, detail } = await refusalOf(promise)
    assert.equal(reason, 'password.refused')
    return detail ?? ''
  }

  test('one that was added lets its owner in, by more factors than one', async () => {
    const { account, authenticator } = await withPasskey()
    const shown = await passkeys.logIn(authenticator.get(await passkeys.logInOptions()), facts)
    assert.equal(shown.account.subject, account.subject)
    assert.deepEqual(shown.methods, ['swk', 'user', 'mfa'])
  })

  test('an answer is good once, also from an authenticator that counts nothing (replay)', async () => {
    const { authenticator } = await withPasskey()
    const answer = authenticator.get(await passkeys.logInOptions())
    const all = await Promise.allSettled([1, 2, 3].map(() => passkeys.logIn(answer, facts)))
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.match(await refusal(passkeys.logIn(answer, facts)), /a challenge twice/)
  })

  test('so is an answer that adds one', async () => {
    const account = await register('adds@example.com')
    const authenticator = createSoftAuthenticator(origin)
    const answer = authenticator.create(await passkeys.addOptions(account))
    await passkeys.add(account, answer, 'key', facts)
    const now = (await store.accounts.find(account.subject)) ?? account
    assert.match(await refusal(passkeys.add(now, answer, 'key', facts)), /a challenge twice/)
  })

  for (const [story, twist, detail] of [
    ['of another origin', { origin: 'https://evil.example' }, /origin/],
    ['of a sister site', { origin: 'https://other.login.example' }, /origin/],
    ['over plain http', { origin: 'http://login.example' }, /origin/],
    ['for another host (RP id)', { rpId: 'evil.example' }, /RP ID/],
    ['without user verification', { isUserVerified: false }, /[Uu]ser verification/],
    ['of the other ceremony', { type: 'webauthn.create' }, /type/],
  ] as const) {
    test(`an answer ${story} is refused`, async () => {
      const { authenticator } = await withPasskey()
      const answer = authenticator.get(await passkeys.logInOptions(), twist)
      assert.match(await refusal(passkeys.logIn(answer, facts)), detail)
    })
  }

  for (const [story, twist] of [
    ['of another origin', { origin: 'https://evil.example' }],
    ['for another host', { rpId: 'evil.example' }],
    ['without user verification', { isUserVerified: false }],
  ] as const) {
    test(`a new passkey ${story} is not added`, async () => {
      const account = await register(`new${++count}@example.com`)
      const answer = createSoftAuthenticator(origin).create(await passkeys.addOptions(account), twist)
      await refusal(passkeys.add(account, answer, 'key', facts))
      assert.deepEqual(await passkeys.list(account.subject), [])
    })
  }

  test('a challenge is for one purpose and one account, and for ten minutes', async () => {
    const [one, other] = [await withPasskey(), await withPasskey()]
    const forOther = await passkeys.logInOptions(other.account)
    const toAdd = await passkeys.addOptions(one.account)
    for (const options of [
      forOther,
      { ...toAdd, rpId: 'login.example' },
      { challenge: 'AAAA', rpId: 'login.example' },
    ]) {
      assert.match(await refusal(passkeys.logIn(one.authenticator.get(options), facts)), /hallenge/)
    }
    const usernameless = one.authenticator.get(await passkeys.logInOptions())
    assert.match(await refusal(passkeys.logIn(usernameless, facts, one.account)), /hallenge/)
    const late = await passkeys.logInOptions()
    advanceMs(10 * 60_000)
    assert.match(await refusal(passkeys.logIn(one.authenticator.get(late), facts)), /hallenge/)
  })

  test('somebody else’s passkey is no second factor', async () => {
    const [one, other] = [await withPasskey(), await withPasskey()]
    const answer = other.authenticator.get(await passkeys.logInOptions(one.account))
    assert.match(await refusal(passkeys.logIn(answer, facts, one.account)), /another’s/)
  })

  test('a counter that does not go up is a copy’s', async () => {
    const { authenticator } = await withPasskey(5)
    const get = async (counter: number) => authenticator.get(await passkeys.logInOptions(), { counter })
    await passkeys.logIn(await get(6), facts)
    await refusal(passkeys.logIn(await get(6), facts))
    await refusal(passkeys.logIn(await get(0), facts))
    await passkeys.logIn(await get(7), facts)
  })

  test('one that is somebody’s is added to nobody else', async () => {
    const { authenticator } = await withPasskey()
    const account = await register('second@example.com')
    const answer = authenticator.create(await passkeys.addOptions(account))
    assert.equal((await refusalOf(passkeys.add(account, answer, 'key', facts))).reason, 'entity.exists')
  })

  test('a passkey that is removed lets nobody in', async () => {
    const { account, authenticator } = await withPasskey()
    await passkeys.remove(account, authenticator.id, facts)
    const answer = authenticator.get(await passkeys.logInOptions())
    assert.match(await refusal(passkeys.logIn(answer, facts)), /unknown passkey/)
  })

  test('the last way in stays: also when two are removed, or a password with it, at once', async () => {
    const { account, authenticator } = await withPasskey()
    await passkeys.removePassword(account, facts)
    const alone = (await store.accounts.find(account.subject)) ?? account
    const second = createSoftAuthenticator(origin)
    await passkeys.add(alone, second.create(await passkeys.addOptions(alone)), 'second', facts)
    const now = (await store.accounts.find(account.subject)) ?? account
    const removed = await Promise.allSettled(
      [authenticator.id, second.id].map(id => passkeys.remove(now, id, facts)),
    )
    assert.equal(removed.filter(({ status }) => status === 'fulfilled').length, 1)
    const [last] = await passkeys.list(account.subject)
    const left = (await store.accounts.find(account.subject)) ?? account
    assert.equal((await refusalOf(passkeys.remove(left, last?.id ?? '', facts))).reason, 'entity.inUse')

    const other = await withPasskey()
    const both = await Promise.allSettled([
      passkeys.removePassword(other.account, facts),
      passkeys.remove(other.account, other.authenticator.id, facts),
    ])
    assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  for (const text of ['', 'null', '[]', '{}', '{"id":1}', `{"id":"${'A'.repeat(5_000)}"}`]) {
    test(`${text.slice(0, 20) || 'nothing'} is no answer`, async () => {
      await refusal(passkeys.logIn(text, { ...facts, sourceIp: '198.51.100.7' }))
    })
  }
})
