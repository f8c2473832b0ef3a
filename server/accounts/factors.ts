import { randomBytes } from 'node:crypto'
import { toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import { createRateLimit } from '../http/rate-limit.ts'
import { openRecord, sealRecord } from '../keys/sealed-record.ts'
import type { Account } from '../store/accounts.ts'
import { requireChange } from './change.ts'
import { hashCode, newCode } from './code-text.ts'
import type { AccountDeps } from './deps.ts'
import { mails } from './mails.ts'
import { openTicket, sealTicket } from './tickets.ts'

const recoveryCodeCount = 10
/** 80 bits: they rest as plain hashes, and don't end with a master key. */
const recoveryCharacters = 16
const seedBytes = 20
const enrolSeconds = 900

/** An authenticator app to be: the seed rests in the ticket until a code shows that the app has it. */
export type EnrollingApp = { ticket: string; secret: string; uri: string }

export type Factors = ReturnType<typeof createFactors>

export async function hasFactor(
  { passkeys }: Pick<AccountDeps, 'passkeys'>,
  account: Account,
): Promise<boolean> {
  return account.sealedTotp !== undefined || (await passkeys.listOf(account.subject)).length > 0
}

/** Codes of authenticator apps (RFC 6238) and recovery codes. */
export function createFactors(deps: AccountDeps) {
  const { accounts, totp, keyring, clock } = deps
  const warnings = createRateLimit({ burst: 1, perSecond: 1 / 3600 }, clock)

  /** @throws {Refusal} password.refused: codes can be guessed as passwords can */
  async function requireCode(account: Account, code: string): Promise<void> {
    const isRight = /^\d{6}$/.test(code.trim())
      ? await takeAppCode(account, code.trim())
      : await accounts.useRecoveryCode(account.subject, hashCode(account.subject, code))
    if (!isRight) throw new Refusal('password.refused', { detail: 'a wrong code of a second factor' })
  }

  async function takeAppCode({ subject, sealedTotp }: Account, code: string): Promise<boolean> {
    if (sealedTotp === undefined) return false
    const seed = openRecord(keyring, 'secret-at-rest', sealedTotp, subject)
    if (seed === undefined) throw new Error('the seed of an authenticator app can’t be opened')
    const step = totp.findStep(seed, code, toSeconds(clock()))
    return step !== undefined && (await accounts.takeStep(subject, step))
  }

  /** In plain, this once. */
  async function renewRecoveryCodes(account: Account, facts: RequestFacts): Promise<string[]> {
    await record(account, 'recovery codes', facts)
    return makeRecoveryCodes(account)
  }

  async function makeRecoveryCodes({ subject }: Account): Promise<string[]> {
    const codes = Array.from({ length: recoveryCodeCount }, () => newCode(recoveryCharacters, 4))
    await accounts.setRecoveryCodes(
      subject,
      codes.map(code => hashCode(subject, code)),
    )
    return codes
  }

  function record({ subject }: Account, what: string, facts: RequestFacts): Promise<void> {
    return deps.record({ event: 'ChangeAccountFactors', subject, detail: { what } }, facts)
  }

  return {
    requireCode,
    renewRecoveryCodes,
    record,
    /** Once an hour, for each account. */
    mayWarn: (subject: string) => warnings.take(subject),
    beginApp(account: Account): EnrollingApp {
      const seed = randomBytes(seedBytes)
      const sealed = sealRecord(keyring, 'secret-at-rest', seed, account.subject).toString('base64')
      const secret = totp.base32(seed)
      const label = encodeURIComponent(account.email)
      return {
        ticket: sealTicket(deps, `app ${account.subject}`, { sealed }, enrolSeconds),
        secret,
        uri: `otpauth://totp/Rolecall:${label}?secret=${secret}&issuer=Rolecall`,
      }
    },
    /** @throws {Refusal} signIn.stateUnknown for an enrolment that is over | password.refused | entity.changed */
    async addApp(account: Account, ticket: string, code: string, facts: RequestFacts): Promise<void> {
      const opened = openTicket<{ sealed: string }>(deps, `app ${account.subject}`, ticket)
      if (opened === undefined)
        throw new Refusal('signIn.stateUnknown', { detail: 'an enrolment that is over' })
      const sealedSeed = Buffer.from(opened.data.sealed, 'base64')
      const seed = openRecord(keyring, 'secret-at-rest', sealedSeed, account.subject)
      const step = seed && totp.findStep(seed, code.trim(), toSeconds(clock()))
      if (step === undefined)
        throw new Refusal('password.refused', { detail: 'a wrong code at the enrolment' })
      await record(account, 'authenticator app added', facts)
      await requireChange(deps, account, { totp: { sealedSeed, step } })
      deps.mailer.send(mails.changed(account.email, 'an authenticator app was added', deps))
    },
    async removeApp(account: Account, facts: RequestFacts): Promise<void> {
      await record(account, 'authenticator app removed', facts)
      await requireChange(deps, account, { totp: null })
      await dropIdleCodes(account)
      deps.mailer.send(mails.changed(account.email, 'the authenticator app was removed', deps))
    },
    /** Where the first factor has just been added, the codes that stand in for it. */
    async firstRecoveryCodes(account: Account): Promise<string[]> {
      return (await accounts.countRecoveryCodes(account.subject)) > 0 ? [] : makeRecoveryCodes(account)
    },
    dropIdleCodes,
  }

  /** Without a factor there is nothing to recover. */
  async function dropIdleCodes({ subject }: Account): Promise<void> {
    const account = await accounts.find(subject)
    if (account !== undefined && !(await hasFactor(deps, account)))
      await accounts.setRecoveryCodes(subject, [])
  }
}
