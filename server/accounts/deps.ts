import type { Clock } from '../base/clock.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Mailer } from '../mail/mailer.ts'
import type { AccountCodes } from '../store/account-codes.ts'
import type { Accounts } from '../store/accounts.ts'
import type { Passkeys } from '../store/passkeys.ts'
import type { Revocations } from '../store/revocations.ts'
import type { UsedProofs } from '../store/used-proofs.ts'
import type { WebSessions } from '../store/web-sessions.ts'
import type { PasswordRules } from './password-rules.ts'

/** What is done to an account, for the audit log. */
export type AccountEvent = {
  event:
    | 'RegisterAccount'
    | 'ResetAccountPassword'
    | 'ChangeAccountPassword'
    | 'ChangeAccountEmail'
    | 'ChangeAccountFactors'
    | 'EndAccountSessions'
    | 'DeleteAccount'
  subject: string
  detail?: Record<string, unknown>
}

export type AccountDeps = {
  accounts: Accounts
  accountCodes: AccountCodes
  passkeys: Passkeys
  revocations: Pick<Revocations, 'add' | 'denylist'>
  usedProofs: Pick<UsedProofs, 'use'>
  webSessions: Pick<WebSessions, 'listOf' | 'deleteOf' | 'deleteOthers'>
  keyring: Keyring
  rules: PasswordRules
  mailer: Pick<Mailer, 'send'>
  /** @throws {Refusal} request.throttled when too many wait */
  hashing: {
    hash(password: string): Promise<string>
    isPassword(password: string, stored: string): Promise<boolean>
    isOutdated(stored: string): boolean
  }
  totp: {
    findStep(seed: Buffer, code: string, nowSeconds: number): number | undefined
    base32(bytes: Buffer): string
  }
  /** Lets something be checked that can be guessed; only `password.refused` counts against anybody. */
  attempt<Answer>(who: { name: string; sourceIp: string }, check: () => Promise<Answer>): Promise<Answer>
  /** As whom else credentials are given on the word of this account: as identities of pools. */
  alsoKnownAs(person: {
    issuer: string
    subject: string
  }): Promise<readonly { issuer: string; subject: string }[]>
  /** Durable when it answers. */
  record(event: AccountEvent, facts: RequestFacts): Promise<void>
  /** `${publicUrl}/accounts` */
  issuer: string
  publicUrl: string
  clock: Clock
  log: { error(context: object, message: string): void }
}
