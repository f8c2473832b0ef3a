import { timingSafeEqual } from 'node:crypto'
import { looksLikeJwt } from '../base/access-token-providers.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'

/** Of one provider that is asked about its own access tokens. */
export type AccessTokenVerifier = {
  /** @throws {Refusal} token.malformed | token.rejected | issuer.unreachable */
  verify(accessToken: string): Promise<FederatedIdentity>
}

/**
 * Before a stranger's text is put into a request line of ours, where an `&` would start another parameter.
 *
 * @throws {Refusal} token.malformed
 */
export function requireTokenForm(accessToken: string, form: RegExp, longest: number): void {
  const isOne = accessToken.length <= longest && form.test(accessToken) && !looksLikeJwt(accessToken)
  if (!isOne) throw new Refusal('token.malformed', { detail: 'not an access token of this provider' })
}

/** The provider did not say what it must say for the token to count. */
export function rejected(detail: string): Refusal {
  return new Refusal('token.rejected', { detail })
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
