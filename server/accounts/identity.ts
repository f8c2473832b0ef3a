import { randomUUID } from 'node:crypto'
import { oidcProviderArn } from '../base/arn.ts'
import { toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Account } from '../store/accounts.ts'
import { identityFromClaims } from '../tokens/identity-from-claims.ts'
import type { IssuerRecord } from '../tokens/verify-id-token.ts'

/** The one client of our own accounts' tokens. */
export const accountsClientId = 'rolecall'

/** How somebody showed who they are. @see RFC 8176, section 2 */
export type Method = 'pwd' | 'otp' | 'hwk' | 'swk' | 'user' | 'mfa'

/** Somebody who has logged in. */
export type LoggedIn = { account: Account; amr: readonly Method[]; atMs: number }

/** Of `${publicUrl}/accounts`: an issuer like others, but that we need ask nobody for its keys, and know what its `mfa` means. */
export function ownIssuer(publicUrl: string, accountId: string): IssuerRecord {
  const issuer = `${publicUrl}/accounts`
  const urlPath = issuer.replace(/^https?:\/\//, '')
  const arn = oidcProviderArn(accountId, urlPath)
  return {
    issuer,
    principals: [arn],
    provider: arn,
    conditionPrefix: urlPath,
    audiences: new Set([accountsClientId]),
    vouchesForFactors: true,
    demo: false,
  }
}

/** The same as what our ID token for them would be verified into. */
export function identityOf(record: IssuerRecord, loggedIn: LoggedIn): FederatedIdentity {
  const payload = claimsOf(record, loggedIn)
  const { sub, aud } = payload
  return identityFromClaims({ sub, aud, audiences: [aud], payload }, record)
}

export const idTokenSeconds = 3600

/** @see OpenID Connect Core 1.0, section 2 */
export function idTokenClaims(record: IssuerRecord, loggedIn: LoggedIn, nowMs: number) {
  const iat = toSeconds(nowMs)
  return { ...claimsOf(record, loggedIn), iat, exp: iat + idTokenSeconds, jti: randomUUID() }
}

function claimsOf({ issuer }: IssuerRecord, { account, amr, atMs }: LoggedIn) {
  return {
    iss: issuer,
    sub: account.subject,
    aud: accountsClientId,
    auth_time: toSeconds(atMs),
    amr,
    email: account.email,
    email_verified: true,
    ...(account.name === undefined ? {} : { name: account.name }),
  }
}
