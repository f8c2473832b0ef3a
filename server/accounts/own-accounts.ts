import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Account } from '../store/accounts.ts'
import { personKey } from '../store/revocations.ts'
import type { IssuerRecord } from '../tokens/verify-id-token.ts'
import * as changes from './change.ts'
import type { AccountDeps } from './deps.ts'
import { endAccountSessions } from './end-account-sessions.ts'
import { createFactors, hasFactor } from './factors.ts'
import { identityOf, idTokenClaims, type LoggedIn } from './identity.ts'
import { createLogIn } from './log-in.ts'
import { createMailBounds } from './mail-bounds.ts'
import type { TypedCode } from './mailed-codes.ts'
import { createPasskeyCeremonies } from './passkeys.ts'
import { type AskedAccount, type Asking, beginRegistration, confirmRegistration } from './register.ts'

export type OwnAccounts = ReturnType<typeof createOwnAccounts>

/** Everything that doors do with own accounts. */
export function createOwnAccounts(
  deps: AccountDeps & { signIdToken(claims: object): Promise<string> },
  issuer: IssuerRecord,
) {
  const factors = createFactors(deps)
  const logIn = createLogIn(deps, factors)
  const passkeys = createPasskeyCeremonies(deps, factors)
  const bounds = createMailBounds(deps.clock)

  return {
    issuer,
    logIn,
    factors,
    passkeys,

    register: (asked: AskedAccount, asking: Asking) => beginRegistration(deps, bounds, asked, asking),
    async confirm(typed: TypedCode, facts: RequestFacts): Promise<LoggedIn> {
      const account = await confirmRegistration(deps, typed, facts)
      // They chose the password with this very code's page.
      return { account, amr: ['pwd'], atMs: deps.clock() }
    },
    beginReset: (email: string, asking: Asking) => changes.beginReset(deps, bounds, email, asking),
    resetPassword: (typed: TypedCode & { password: string }, facts: RequestFacts) =>
      changes.resetPassword(deps, typed, facts),
    changePassword: (
      account: Account,
      asked: { old: string; password: string; keptIdHash: string },
      facts: RequestFacts,
    ) => changes.changePassword(deps, logIn, account, asked, facts),
    beginEmailChange: (account: Account, asked: { email: string; password: string }, asking: Asking) =>
      changes.beginEmailChange(deps, bounds, logIn, account, asked, asking),
    changeEmail: (account: Account, typed: TypedCode, facts: RequestFacts) =>
      changes.changeEmail(deps, account, typed, facts),
    deleteAccount: (account: Account, password: string, facts: RequestFacts) =>
      changes.deleteAccount(deps, logIn, account, password, facts),
    /** One browser's; nothing where it is none of theirs. */
    async endSession({ subject }: Account, idHash: string, facts: RequestFacts): Promise<void> {
      const person = personKey({ issuer: issuer.issuer, subject })
      const theirs = await deps.webSessions.listOf(person, deps.clock())
      if (!theirs.some(one => one.idHash === idHash)) return
      await deps.record({ event: 'EndAccountSessions', subject, detail: { session: idHash } }, facts)
      await deps.webSessions.deleteOf(person, idHash)
    },
    async endOtherSessions(account: Account, keptIdHash: string, facts: RequestFacts): Promise<void> {
      await deps.record({ event: 'EndAccountSessions', subject: account.subject }, facts)
      await endAccountSessions(deps, account.subject, keptIdHash)
    },

    hasFactor: (account: Account) => hasFactor(deps, account),
    countRecoveryCodes: ({ subject }: Account) => deps.accounts.countRecoveryCodes(subject),

    /** Who is signed in, under the address that they have now. */
    withEmail(identity: FederatedIdentity, { email }: Account): FederatedIdentity {
      const key = `${issuer.conditionPrefix}:email`.toLowerCase()
      return { ...identity, email, context: { ...identity.context, [key]: [email] } }
    },
    identityOf: (loggedIn: LoggedIn) => identityOf(issuer, loggedIn),
    async idToken(loggedIn: LoggedIn): Promise<{ token: string; jti: string; expiresAtSeconds: number }> {
      const claims = idTokenClaims(issuer, loggedIn, deps.clock())
      return { token: await deps.signIdToken(claims), jti: claims.jti, expiresAtSeconds: claims.exp }
    },

    /** Whose identity this is, as the account is now; undefined for every other provider's. */
    async find(identity: FederatedIdentity): Promise<Account | undefined> {
      if (identity.issuer !== issuer.issuer || identity.demo) return undefined
      return deps.accounts.find(identity.subject)
    },
    /**
     * An ID token lives for an hour, whatever happens to its account meanwhile: so it is asked for here, once it is
     * verified.
     *
     * @throws {Refusal} token.rejected when the account is gone, or its sessions were ended since
     */
    async requireLive(identity: FederatedIdentity): Promise<void> {
      const [issuedAt = '0'] = identity.context[`${issuer.conditionPrefix}:iat`.toLowerCase()] ?? []
      const isEnded = (await deps.revocations.denylist()).coversPerson(identity, Number(issuedAt))
      if (isEnded || (await deps.accounts.find(identity.subject)) === undefined)
        throw new Refusal('token.rejected', { detail: 'the account’s sessions were ended' })
    },
  }
}
