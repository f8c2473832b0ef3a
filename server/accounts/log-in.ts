import { randomBytes } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import type { Account } from '../store/accounts.ts'
import type { AccountDeps } from './deps.ts'
import { type EmailAddress, readEmail } from './email-address.ts'
import { type Factors, hasFactor } from './factors.ts'
import type { LoggedIn, Method } from './identity.ts'
import { mails } from './mails.ts'
import { openTicket, sealTicket } from './tickets.ts'

/** The password was right; where there is a second factor, it is still to be shown with the ticket. */
export type PasswordShown =
  | { kind: 'done'; loggedIn: LoggedIn }
  | { kind: 'needsFactor'; account: Account; ticket: string }

const ticketSeconds = 300
const ticketPurpose = 'second factor'
type Ticket = { subject: string; changedAtMs: number; atMs: number }

export type LogIn = ReturnType<typeof createLogIn>

/**
 * Logs people in. One password hash is computed whoever is meant and whatever is wrong: for an address that nobody
 * has, against one that no password is known for.
 */
export function createLogIn(deps: AccountDeps, factors: Factors) {
  const { accounts, hashing, attempt, clock } = deps
  /** Made at the first need: nobody's. */
  let decoy: Promise<string> | undefined

  async function showPassword(email: string, password: string, sourceIp: string): Promise<PasswordShown> {
    const address = readEmail(email)
    // By the key: a host name has spellings (Punycode, other full stops) that `nameKey` tells apart, each a count anew.
    const account = await attempt({ name: address?.emailKey ?? email, sourceIp }, () =>
      check(address, password),
    )
    const loggedIn: LoggedIn = { account, amr: ['pwd'], atMs: clock() }
    if (!(await hasFactor(deps, account))) return { kind: 'done', loggedIn }
    const { subject, changedAtMs } = account
    const ticket: Ticket = { subject, changedAtMs, atMs: clock() }
    return { kind: 'needsFactor', account, ticket: sealTicket(deps, ticketPurpose, ticket, ticketSeconds) }
  }

  async function check(address: EmailAddress | undefined, password: string): Promise<Account> {
    const account = address && (await accounts.findByEmail(address.emailKey))
    const stored = account?.passwordHash
    decoy ??= hashing.hash(randomBytes(16).toString('base64url'))
    const against = stored ?? (await decoy.catch(retryDecoy))
    const isRight = await hashing.isPassword(password, against)
    if (account === undefined || stored === undefined || !isRight) throw refused('a wrong password')
    if (hashing.isOutdated(stored)) strengthen(account.subject, stored, password)
    return account
  }

  /** A full queue must not be remembered. */
  function retryDecoy(error: unknown): never {
    decoy = undefined
    throw error
  }

  /** While it is known, and without anybody's waiting for it. */
  function strengthen(subject: string, stored: string, password: string): void {
    hashing
      .hash(password)
      .then(hash => accounts.rehash(subject, stored, hash))
      .catch(error => deps.log.error({ err: error }, 'a password could not be hashed anew'))
  }

  async function openFactorTicket(ticket: string): Promise<{ account: Account; atMs: number }> {
    const opened = openTicket<Ticket>(deps, ticketPurpose, ticket)
    if (opened === undefined) throw new Refusal('signIn.stateUnknown', { detail: 'a ticket that is over' })
    const { subject, changedAtMs, atMs } = opened.data
    const account = await accounts.find(subject)
    // A password that was changed meanwhile was not shown.
    if (account?.changedAtMs !== changedAtMs)
      throw new Refusal('signIn.stateUnknown', { detail: 'changed meanwhile' })
    return { account, atMs }
  }

  /** @throws {Refusal} password.refused | signIn.stateUnknown | request.throttled */
  async function showCode(ticket: string, code: string, sourceIp: string): Promise<LoggedIn> {
    const { account } = await openFactorTicket(ticket)
    return withCode(account, code, sourceIp)
  }

  async function withCode(account: Account, code: string, sourceIp: string): Promise<LoggedIn> {
    try {
      await attempt({ name: `factor ${account.subject}`, sourceIp }, () => factors.requireCode(account, code))
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'password.refused' && factors.mayWarn(account.subject))
        deps.mailer.send(mails.factorRefused(account.email, deps))
      throw error
    }
    return { account, amr: ['pwd', 'otp', 'mfa'], atMs: clock() }
  }

  return {
    showPassword,
    openFactorTicket,
    showCode,
    withCode,
    /** With a passkey that belongs to whom the ticket is of, or to anybody where there is no ticket. */
    withPasskey(account: Account, methods: readonly Method[], afterPassword: boolean): LoggedIn {
      return { account, amr: [...(afterPassword ? (['pwd'] as const) : []), ...methods], atMs: clock() }
    },
    /**
     * For who is logged in and does something that needs their password once more. Somebody without one has a sign-in
     * that is new, which the door sees to.
     */
    async requirePassword(account: Account, password: string, sourceIp: string): Promise<void> {
      const { passwordHash } = account
      if (passwordHash === undefined) return
      await attempt({ name: account.email, sourceIp }, async () => {
        if (!(await hashing.isPassword(password, passwordHash))) throw refused('a wrong password')
      })
    },
  }
}

function refused(detail: string): Refusal {
  return new Refusal('password.refused', { detail })
}
