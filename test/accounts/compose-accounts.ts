import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { ownIssuer } from '../../server/accounts/identity.ts'
import { createOwnAccounts } from '../../server/accounts/own-accounts.ts'
import { openPasswordRules } from '../../server/accounts/password-rules.ts'
import type { RequestFacts } from '../../server/base/request-facts.ts'
import { hashPassword, isOutdatedHash, isPassword } from '../../server/credentials/password-hash.ts'
import { base32, findStep } from '../../server/credentials/totp.ts'
import { createPasswordTries } from '../../server/identity/password-tries.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import type { Mail } from '../../server/mail/mailer.ts'
import type { Store } from '../../server/store/open-store.ts'
import { openEmbeddedStore } from '../support/stores.ts'

export const password = 'a walrus in the garden'
export const browser = 'one browser'

/** Own accounts on real parts, with everything counted that takes its time. */
export async function composeAccounts() {
  let nowMs = Date.now()
  const clock = () => nowMs
  const store: Store = await openEmbeddedStore(':memory:', clock)
  after(() => store.close())
  const mails: Mail[] = []
  const work = { hashes: 0, codes: 0, lookUps: 0 }
  const issuer = ownIssuer('https://login.example', '123456789012')
  const accounts = createOwnAccounts(
    {
      ...store,
      accounts: {
        ...store.accounts,
        findByEmail: key => {
          work.lookUps++
          return store.accounts.findByEmail(key)
        },
      },
      accountCodes: {
        ...store.accountCodes,
        add: (code, bounds) => {
          work.codes++
          return store.accountCodes.add(code, bounds)
        },
      },
      keyring: createKeyring([randomBytes(32)]),
      rules: await openPasswordRules(),
      mailer: { send: mail => void mails.push(mail) },
      hashing: {
        hash: word => {
          work.hashes++
          return hashPassword(word)
        },
        isPassword: (word, stored) => {
          work.hashes++
          return isPassword(word, stored)
        },
        isOutdated: isOutdatedHash,
      },
      totp: { findStep, base32 },
      attempt: createPasswordTries(clock, { stepMs: 0 }).attempt,
      alsoKnownAs: async () => [],
      record: async () => undefined,
      issuer: issuer.issuer,
      publicUrl: 'https://login.example',
      clock,
      log: { error: () => undefined },
      signIdToken: async () => 'a token',
    },
    issuer,
  )
  const facts: RequestFacts = { requestId: 'r', sourceIp: '192.0.2.1', secure: true, atMs: nowMs }
  return {
    accounts,
    store,
    mails,
    work,
    facts,
    advanceMs: (ms: number) => {
      nowMs += ms
    },
    async register(email: string) {
      const id = await accounts.register({ email, password }, { browser, facts })
      const code = /Your code: (\S+)/.exec(mails.at(-1)?.text ?? '')?.[1] ?? ''
      return (await accounts.confirm({ id, code, browser }, facts)).account
    },
    /** What something takes, however it ends. */
    async workOf(run: () => Promise<unknown>) {
      const before = { ...work, mails: mails.length }
      await run().catch(() => undefined)
      return {
        hashes: work.hashes - before.hashes,
        codes: work.codes - before.codes,
        lookUps: work.lookUps - before.lookUps,
        mails: mails.length - before.mails,
      }
    },
  }
}
