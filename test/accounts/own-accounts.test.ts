import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readEmail } from '../../server/accounts/email-address.ts'
import { openPasswordRules } from '../../server/accounts/password-rules.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { browser, composeAccounts, password } from './compose-accounts.ts'

describe('own accounts', async () => {
  const { accounts, register, store, facts, mails } = await composeAccounts()

  test('a hash under weaker parameters is made anew at the next log-in, and stays that password’s', async () => {
    const { subject, passwordHash = '' } = await register('weak@example.com')
    const salt = Buffer.alloc(16, 1)
    const cost = { memory: 8_192, passes: 1, parallelism: 1, tagLength: 32 }
    const hash = argon2Sync('argon2id', { message: password, nonce: salt, ...cost })
    const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    const weak = `$argon2id$v=19$m=8192,t=1,p=1$${bare(salt)}$${bare(hash)}`
    assert.ok(await store.accounts.rehash(subject, passwordHash, weak))
    await accounts.logIn.showPassword('weak@example.com', password, '192.0.2.1')
    const stored = async () => (await store.accounts.find(subject))?.passwordHash
    await until(async () => (await stored()) !== weak)
    const strong = await stored()
    assert.match(strong ?? '', /m=19456,t=2,p=1/)
    await accounts.logIn.showPassword('weak@example.com', password, '192.0.2.1')
    assert.equal(await stored(), strong)
  })

  test('of two registrations of one address that are both confirmed, the first has it', async () => {
    const begin = async () => {
      const id = await accounts.register({ email: 'both@example.com', password }, { browser, facts })
      return { id, code: /Your code: (\S+)/.exec(mails.at(-1)?.text ?? '')?.[1] ?? '', browser }
    }
    const [first, second] = [await begin(), await begin()]
    await accounts.confirm(first, facts)
    assert.equal((await refusalOf(accounts.confirm(second, facts))).reason, 'password.refused')
  })

  test('no code, password or seed rests readable', async () => {
    const account = await register('rest@example.com')
    const app = accounts.factors.beginApp(account)
    assert.ok(!app.ticket.includes(app.secret))
    const id = await accounts.beginReset('rest@example.com', { browser, facts })
    const code = /Your code: (\S+)/.exec(mails.at(-1)?.text ?? '')?.[1] ?? ''
    const kept = await store.accountCodes.try(id, 'reset', facts.atMs)
    assert.ok(!JSON.stringify(kept).includes(code) && !JSON.stringify(kept).includes(code.replace('-', '')))
    assert.ok(!JSON.stringify(await store.accounts.find(account.subject)).includes(password))
  })

  test('addresses are found without regard to case, and to no other letter’s kin', () => {
    assert.deepEqual(readEmail(' Ada@Example.COM '), {
      email: 'Ada@example.com',
      emailKey: 'ada@example.com',
    })
    assert.equal(readEmail('ada@exämple.com')?.emailKey, 'ada@xn--exmple-cua.com')
    assert.equal(readEmail('adı@example.com'), undefined)
  })

  test('tries at one address are counted together, however it is spelt', async () => {
    const spellings = [
      'eve@exämple.com',
      'eve@xn--exmple-cua.com',
      'eve@exämple。com',
      'EVE@xn--exmple-cua。com',
    ]
    assert.equal(new Set(spellings.map(one => readEmail(one)?.emailKey)).size, 1)
    const reasons = []
    for (let n = 0; n < 6; n++) {
      const tried = accounts.logIn.showPassword(spellings[n % 4] ?? '', 'wrong', '203.0.113.7')
      reasons.push((await refusalOf(tried)).reason)
    }
    assert.deepEqual(reasons, [...Array(5).fill('password.refused'), 'request.throttled'])
  })

  test('an operator’s own list counts, without regard to case', async () => {
    const file = join(temporaryFolder(), 'refused.txt')
    writeFileSync(file, 'Winter in Wichita\r\nsecond line here\n')
    const rules = await openPasswordRules(file)
    const refuses = async (word: string) =>
      (await refusalOf(Promise.resolve().then(() => rules.require(word, { email: 'a@b.example' })))).reason
    assert.equal(await refuses('winter in wichita'), 'password.violation')
    assert.equal(await refuses('second line here'), 'password.violation')
    rules.require('summer in wichita', { email: 'a@b.example' })
    await assert.rejects(openPasswordRules(join(temporaryFolder(), 'missing.txt')))
  })

  test('a long password with a word of the account in it is fine', async () => {
    const rules = await openPasswordRules()
    rules.require('ada likes long walks', { email: 'ada@example.com' })
    rules.require('correct horse battery staple', { email: 'horse@example.com', name: 'Correct Horse' })
  })
})
