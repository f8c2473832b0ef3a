import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Account, AccountChange } from '../store/accounts.ts'
import type { AccountDeps } from './deps.ts'
import { endAccountSessions } from './end-account-sessions.ts'
import type { LogIn } from './log-in.ts'
import type { MailBounds } from './mail-bounds.ts'
import { issueCode, redeemCode, type TypedCode } from './mailed-codes.ts'
import { mails } from './mails.ts'
import { type Asking, requireEmail } from './register.ts'

type Address = { email: string; emailKey: string }

/**
 * Begins to set a new password without the old one. An address that nobody has is answered alike.
 *
 * @returns the id of the code that the page asks for
 */
export async function beginReset(
  deps: AccountDeps,
  bounds: MailBounds,
  email: string,
  { browser, facts }: Asking,
): Promise<string> {
  const address = requireEmail(email)
  const mayMail = bounds.mayMail(address.emailKey, facts.sourceIp)
  const account = await deps.accounts.findByEmail(address.emailKey)
  const data: Address = { ...address }
  const { id, code } = await issueCode(deps, 'reset', { browser, subject: account?.subject, data })
  // To the address that was confirmed, not to the one that was typed.
  if (account !== undefined && mayMail) deps.mailer.send(mails.reset(account.email, code, deps))
  return id
}

/**
 * Sets a new password by a mailed code. Every session and every code of the account is over with it; its second
 * factors stay, and are asked for at the next log-in.
 *
 * @throws {Refusal} password.refused | password.violation | request.throttled | audit.unavailable
 */
export async function resetPassword(
  deps: AccountDeps,
  typed: TypedCode & { password: string },
  facts: RequestFacts,
): Promise<void> {
  const { password } = typed
  const { subject } = await redeemCode<Address>(deps, 'reset', typed, facts.sourceIp, ({ email }) =>
    deps.rules.require(password, { email }),
  )
  const account = subject === undefined ? undefined : await deps.accounts.find(subject)
  if (account === undefined) throw new Refusal('password.refused', { detail: 'the account is gone' })
  const passwordHash = await deps.hashing.hash(password)
  await deps.record({ event: 'ResetAccountPassword', subject: account.subject }, facts)
  await requireChange(deps, account, { passwordHash })
  await deps.accountCodes.deleteOf(account.subject)
  deps.mailer.send(mails.changed(account.email, 'the password was set anew', deps))
  await endAccountSessions(deps, account.subject)
}

/** @throws {Refusal} password.refused | password.violation | entity.changed | request.throttled | audit.unavailable */
export async function changePassword(
  deps: AccountDeps,
  logIn: LogIn,
  account: Account,
  { old, password, keptIdHash }: { old: string; password: string; keptIdHash: string },
  facts: RequestFacts,
): Promise<void> {
  deps.rules.require(password, account)
  await logIn.requirePassword(account, old, facts.sourceIp)
  const passwordHash = await deps.hashing.hash(password)
  await deps.record({ event: 'ChangeAccountPassword', subject: account.subject }, facts)
  await requireChange(deps, account, { passwordHash })
  await deps.accountCodes.deleteOf(account.subject)
  deps.mailer.send(mails.changed(account.email, 'the password was changed', deps))
  await endAccountSessions(deps, account.subject, keptIdHash)
}

/**
 * Sends a code to an address that is to become the account's. One that has an account is answered alike.
 *
 * @returns the id of the code that the page asks for
 */
export async function beginEmailChange(
  deps: AccountDeps,
  bounds: MailBounds,
  logIn: LogIn,
  account: Account,
  asked: { email: string; password: string },
  { browser, facts }: Asking,
): Promise<string> {
  const address = requireEmail(asked.email)
  await logIn.requirePassword(account, asked.password, facts.sourceIp)
  const mayMail = bounds.mayMail(address.emailKey, facts.sourceIp)
  const known = await deps.accounts.findByEmail(address.emailKey)
  const isTaken = known !== undefined && known.subject !== account.subject
  const data: Address = { ...address }
  const { id, code } = await issueCode(deps, 'email', { browser, subject: account.subject, data })
  if (mayMail)
    deps.mailer.send(
      isTaken ? mails.addressTaken(known.email, deps) : mails.newAddress(address.email, code, deps),
    )
  return id
}

/** @throws {Refusal} password.refused | request.throttled | audit.unavailable */
export async function changeEmail(
  deps: AccountDeps,
  account: Account,
  typed: TypedCode,
  facts: RequestFacts,
): Promise<void> {
  const { subject, data } = await redeemCode<Address>(deps, 'email', typed, facts.sourceIp)
  if (subject !== account.subject) throw new Refusal('password.refused', { detail: 'another account’s code' })
  await deps.record({ event: 'ChangeAccountEmail', subject }, facts)
  try {
    await requireChange(deps, account, { email: data })
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'entity.exists')
      throw new Refusal('password.refused', { detail: 'the address has an account meanwhile' })
    throw error
  }
  // What was sent to the old address opens nothing any more.
  await deps.accountCodes.deleteOf(subject)
  deps.mailer.send(mails.addressChanged(account.email, deps))
}

/** Its subject is given to nobody again; whoever registers the address anew is somebody else. */
export async function deleteAccount(
  deps: AccountDeps,
  logIn: LogIn,
  account: Account,
  password: string,
  facts: RequestFacts,
): Promise<void> {
  await logIn.requirePassword(account, password, facts.sourceIp)
  await deps.record({ event: 'DeleteAccount', subject: account.subject }, facts)
  await deps.accounts.delete(account.subject)
  deps.mailer.send(mails.deleted(account.email, deps))
  await endAccountSessions(deps, account.subject)
}

/** @throws {Refusal} entity.changed when it was changed at the same time */
export async function requireChange(
  deps: AccountDeps,
  account: Account,
  change: AccountChange,
): Promise<void> {
  if (!(await deps.accounts.change(account, change, deps.clock()))) throw new Refusal('entity.changed')
}
