import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Account } from '../../server/store/accounts.ts'
import type { Store } from '../../server/store/open-store.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { storeKinds } from '../support/stores.ts'

let count = 0
function newAccount(more: Partial<Account> = {}): Account {
  const n = ++count
  const email = `person${n}@example.com`
  return {
    subject: `subject-${n}`,
    email,
    emailKey: email,
    passwordHash: 'a hash',
    createdAtMs: 1,
    changedAtMs: 1,
    ...more,
  }
}

for (const { kind, skip, open } of storeKinds) {
  const store: Store | undefined = skip === false ? await open() : undefined
  after(() => store?.close())
  describe(`own accounts in ${kind}`, { skip }, () => store && keepsItsPromises(store))
}

/** What holds of one store must hold of all. */
function keepsItsPromises({ accounts, accountCodes, passkeys, webSessions }: Store): void {
  test('an account comes back whole, by its subject and by its address', async () => {
    const account = newAccount({ name: 'Ada', sealedTotp: Buffer.from('sealed') })
    await accounts.create(account)
    assert.deepEqual(await accounts.find(account.subject), account)
    assert.deepEqual(await accounts.findByEmail(account.emailKey), account)
    assert.equal(await accounts.findByEmail('nobody@example.com'), undefined)
  })

  test('an address is one account’s', async () => {
    const [one, other] = [newAccount(), newAccount()]
    await accounts.create(one)
    await accounts.create(other)
    const again = newAccount({ emailKey: one.emailKey })
    assert.equal((await refusalOf(accounts.create(again))).reason, 'entity.exists')
    const taken = accounts.change(other, { email: { email: one.email, emailKey: one.emailKey } }, 2)
    assert.equal((await refusalOf(taken)).reason, 'entity.exists')
  })

  test('of two changes to what both have read, the second is told', async () => {
    const account = newAccount()
    await accounts.create(account)
    assert.equal(await accounts.change(account, { passwordHash: 'first' }, 1), true)
    assert.equal(await accounts.change(account, { passwordHash: 'second' }, 1), false)
    assert.equal((await accounts.find(account.subject))?.passwordHash, 'first')
  })

  test('a rehash never puts an old password back', async () => {
    const account = newAccount()
    await accounts.create(account)
    await accounts.change(account, { passwordHash: 'new' }, 2)
    assert.equal(await accounts.rehash(account.subject, 'a hash', 'stronger'), false)
    assert.equal(await accounts.rehash(account.subject, 'new', 'stronger'), true)
  })

  test('a deleted account is gone with its codes and passkeys, and its address is free', async () => {
    const account = newAccount()
    await accounts.create(account)
    await accounts.setRecoveryCodes(account.subject, ['one', 'two'])
    await passkeys.create(newPasskey(account.subject))
    await accountCodes.add(newCode('gone', account.subject), { tries: 5, expiresAtMs: 100 })
    await accounts.delete(account.subject)
    assert.equal(await accounts.find(account.subject), undefined)
    assert.deepEqual(await passkeys.listOf(account.subject), [])
    assert.equal(await accounts.countRecoveryCodes(account.subject), 0)
    assert.equal(await accountCodes.try('gone', 'test', 1), undefined)
    await accounts.create(newAccount({ emailKey: account.emailKey }))
  })

  test('a code of an app is taken once, also when two ask at once', async () => {
    const account = newAccount()
    await accounts.create(account)
    const taken = await Promise.all([1, 2, 3].map(() => accounts.takeStep(account.subject, 7)))
    assert.equal(taken.filter(Boolean).length, 1)
    assert.equal(await accounts.takeStep(account.subject, 6), false)
  })

  test('a recovery code is used once, and new ones take the place of the old', async () => {
    const account = newAccount()
    await accounts.create(account)
    await accounts.setRecoveryCodes(account.subject, ['one', 'two'])
    const used = await Promise.all([1, 2].map(() => accounts.useRecoveryCode(account.subject, 'one')))
    assert.equal(used.filter(Boolean).length, 1)
    assert.equal(await accounts.countRecoveryCodes(account.subject), 1)
    await accounts.setRecoveryCodes(account.subject, ['three'])
    assert.equal(await accounts.useRecoveryCode(account.subject, 'two'), false)
  })

  test('a mailed code has so many tries, one purpose, and an end', async () => {
    await accountCodes.add(newCode('bounded'), { tries: 2, expiresAtMs: 100 })
    assert.equal(await accountCodes.try('bounded', 'another', 1), undefined)
    assert.equal(await accountCodes.try('bounded', 'test', 100), undefined)
    assert.deepEqual(await accountCodes.try('bounded', 'test', 1), newCode('bounded'))
    assert.ok(await accountCodes.try('bounded', 'test', 1))
    assert.equal(await accountCodes.try('bounded', 'test', 1), undefined)
    const taken = await Promise.all([1, 2].map(() => accountCodes.take('bounded')))
    assert.equal(taken.filter(Boolean).length, 1)
  })

  test('a passkey’s counter only goes up, or stays 0 for ever', async () => {
    const account = newAccount()
    await accounts.create(account)
    const [counting, silent] = [newPasskey(account.subject, { counter: 5 }), newPasskey(account.subject)]
    await passkeys.create(counting)
    await passkeys.create(silent)
    assert.equal(await passkeys.takeCounter(counting.id, 5, 1), false)
    assert.equal(await passkeys.takeCounter(counting.id, 0, 1), false)
    assert.equal(await passkeys.takeCounter(counting.id, 6, 1), true)
    assert.equal(await passkeys.takeCounter(silent.id, 0, 1), true)
    assert.equal(await passkeys.takeCounter(silent.id, 0, 2), true)
    assert.deepEqual(await passkeys.find(silent.id), { ...silent, usedAtMs: 2 })
  })

  test('a passkey is its owner’s to name and to remove', async () => {
    const account = newAccount()
    await accounts.create(account)
    const passkey = newPasskey(account.subject)
    await passkeys.create(passkey)
    assert.equal((await refusalOf(passkeys.create(passkey))).reason, 'entity.exists')
    assert.equal(await passkeys.rename('another', passkey.id, 'mine'), false)
    assert.equal(await passkeys.rename(account.subject, passkey.id, 'phone'), true)
    assert.equal((await passkeys.find(passkey.id))?.name, 'phone')
    const other = newAccount()
    await accounts.create(other)
    await accounts.change(other, { removedPasskey: passkey.id }, 2)
    assert.ok(await passkeys.find(passkey.id))
    assert.equal(await accounts.change(account, { removedPasskey: passkey.id }, 2), true)
    assert.equal(await passkeys.find(passkey.id), undefined)
  })

  test('browser sessions are found and ended by whose they are', async () => {
    for (const id of ['a', 'b', 'c']) await webSessions.put(id, `data ${id}`, 100, 'ada')
    await webSessions.put('d', 'data d', 100, 'ben')
    await webSessions.put('e', 'data e', 100)
    const listed = await webSessions.listOf('ada', 1)
    assert.deepEqual(listed.map(one => one.idHash).toSorted(), ['a', 'b', 'c'])
    assert.equal(await webSessions.deleteOf('ada', 'd'), false)
    assert.equal(await webSessions.deleteOf('ada', 'b'), true)
    await webSessions.deleteOthers('ada', 'c')
    assert.deepEqual(await webSessions.listOf('ada', 1), [{ idHash: 'c', data: 'data c' }])
    assert.deepEqual(await webSessions.listOf('ada', 100), [])
    assert.equal(await webSessions.find('d', 1), 'data d')
  })
}

function newCode(id: string, subject?: string) {
  return { id, purpose: 'test', codeHash: 'hash', data: '{}', ...(subject === undefined ? {} : { subject }) }
}

function newPasskey(subject: string, more: { counter?: number } = {}) {
  return {
    id: `passkey-${++count}`,
    subject,
    name: 'key',
    publicKey: Buffer.from('public'),
    counter: 0,
    synced: true,
    transports: ['internal'],
    createdAtMs: 1,
    ...more,
  }
}
