import { randomUUID } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Account } from '../store/accounts.ts'
import type { AccountDeps } from './deps.ts'
import { readEmail } from './email-address.ts'
import type { MailBounds } from './mail-bounds.ts'
import { issueCode, redeemCode, type TypedCode } from './mailed-codes.ts'
import { mails } from './mails.ts'
import { plainText } from './plain-text.ts'

export type AskedAccount = { email: string; password: string; name?: string | undefined }
/** The browser that asks, as `issueCode` wants it. */
export type Asking = { browser: string; facts: RequestFacts }

type Pending = { email: string; emailKey: string; name?: string; passwordHash: string }

const longestName = 100

/**
 * Begins a registration. Nothing exists before the code comes back: whoever registers somebody else's address has got
 * nothing by it, and is in nobody's way.
 *
 * An address that has an account is answered by the same page after the same work (one hash, one row, one mail): only
 * its owner reads in their mail that it has one.
 *
 * @returns the id of the code that the page asks for
 * @throws {Refusal} request.invalid | password.violation | request.throttled
 */
export async function beginRegistration(
  deps: AccountDeps,
  bounds: MailBounds,
  asked: AskedAccount,
  { browser, facts }: Asking,
): Promise<string> {
  const address = requireEmail(asked.email)
  const name = readName(asked.name)
  deps.rules.require(asked.password, { ...address, name })
  const mayMail = bounds.mayMail(address.emailKey, facts.sourceIp)
  const passwordHash = await deps.hashing.hash(asked.password)
  const known = await deps.accounts.findByEmail(address.emailKey)
  const data: Pending = { ...address, passwordHash, ...(name === undefined ? {} : { name }) }
  const { id, code } = await issueCode(deps, 'register', { browser, data })
  // The code of an address that has an account is never sent, and so never right.
  if (mayMail)
    deps.mailer.send(known ? mails.exists(known.email, deps) : mails.confirm(address.email, code, deps))
  return id
}

/** @throws {Refusal} password.refused | request.throttled | audit.unavailable */
export async function confirmRegistration(
  deps: AccountDeps,
  typed: TypedCode,
  facts: RequestFacts,
): Promise<Account> {
  const { data } = await redeemCode<Pending>(deps, 'register', typed, facts.sourceIp)
  const nowMs = deps.clock()
  const account: Account = { ...data, subject: randomUUID(), createdAtMs: nowMs, changedAtMs: nowMs }
  // INVARIANT: nothing changes before this row is durable.
  await deps.record({ event: 'RegisterAccount', subject: account.subject }, facts)
  try {
    await deps.accounts.create(account)
  } catch (error) {
    // Two registrations of one address were open, and another was confirmed first.
    if (error instanceof Refusal && error.reason === 'entity.exists')
      throw new Refusal('password.refused', { detail: 'the address has an account meanwhile' })
    throw error
  }
  return account
}

/** @throws {Refusal} request.invalid */
export function requireEmail(text: string) {
  const address = readEmail(text)
  if (address !== undefined) return address
  throw new Refusal('request.invalid', { said: { message: 'That is no mail address.' } })
}

/** It is shown on pages and stands in tokens. */
function readName(text = ''): string | undefined {
  const name = plainText(text)
  if (name === '') return undefined
  if ([...name].length <= longestName) return name
  throw new Refusal('request.invalid', { said: { message: `A name has at most ${longestName} characters.` } })
}
