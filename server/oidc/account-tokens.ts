import { idTokenSeconds } from '../accounts/identity.ts'
import type { OwnAccounts } from '../accounts/own-accounts.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { eventFacts, type RequestFacts } from '../base/request-facts.ts'
import { type Proof, tokenTypes } from './token-request.ts'

export type AccountTokens = Pick<OwnAccounts, 'logIn' | 'identityOf' | 'idToken'>

type IdToken = Awaited<ReturnType<OwnAccounts['idToken']>>

/**
 * An own account's log-in by an application: the password, and the code of a second factor where there is one. It is
 * said that one is missing only to who has shown the right password.
 *
 * @throws {Refusal} password.refused | request.invalid | request.throttled | audit.unavailable
 */
export async function logInForToken(
  accounts: AccountTokens,
  { username, password, otp }: Extract<Proof, { kind: 'accounts' }>,
  facts: RequestFacts,
  audit: Pick<AuditLog, 'record'>,
): Promise<{ identity: FederatedIdentity; idToken: IdToken }> {
  const shown = await accounts.logIn.showPassword(username, password, facts.sourceIp)
  if (shown.kind === 'needsFactor' && otp === undefined) {
    const message = 'a second factor is needed: send its code as otp'
    throw new Refusal('request.invalid', { said: { message, error: 'interaction_required' } })
  }
  const loggedIn =
    shown.kind === 'done'
      ? shown.loggedIn
      : await accounts.logIn.withCode(shown.account, otp ?? '', facts.sourceIp)
  const identity = accounts.identityOf(loggedIn)
  const idToken = await accounts.idToken(loggedIn)
  // INVARIANT: nothing is returned before this row is durable.
  await audit.record({
    ...eventFacts(facts),
    event: 'IssueIdToken',
    decision: 'allowed',
    issuer: identity.issuer,
    subject: identity.subject,
    expiresAtMs: idToken.expiresAtSeconds * 1000,
    detail: { jti: idToken.jti, amr: loggedIn.amr },
  })
  return { identity, idToken }
}

/** RFC 8693, section 2.2.1: what was issued stands in `access_token`, whatever it is. */
export function idTokenAlone({ token }: IdToken): object {
  return {
    access_token: token,
    issued_token_type: tokenTypes.id,
    token_type: 'N_A',
    expires_in: idTokenSeconds,
  }
}
