import { type Clock, toSeconds } from '../base/clock.ts'
import type { Outbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'
import {
  type AccessTokenVerifier,
  isSame,
  rejected,
  requireTokenForm,
  textOf,
} from './access-token-verifier.ts'
import { type AppPerson, identityFromAccessToken } from './identity-from-access-token.ts'

export type AmazonVerifierDeps = {
  clientId: string
  /** `https://api.amazon.com`, or another region's. */
  apiUrl: string
  outbound: Outbound
  clock: Clock
}

/** All begin alike: what begins otherwise, such as a refresh token, is never shown to anybody. */
const tokenPattern = /^Atza\|[A-Za-z0-9._~+/|-]+=*$/
const longestToken = 2_048
const issuer = 'https://www.amazon.com'
const userPattern = /^amzn1\.account\.[A-Za-z0-9_-]{1,100}$/
const appPattern = /^amzn1\.application\.[A-Za-z0-9_-]{1,100}$/
/** What it calls a token that is expired, withdrawn, made up, or not for profiles. */
const tokenErrors: readonly unknown[] = ['invalid_token', 'invalid_request', 'insufficient_scope']
/** A token lives for an hour. More seconds than these are a moment, not a rest. */
const longestRest = 100_000_000

/**
 * Verifies Login with Amazon access tokens. They are opaque, so that Amazon itself is asked: whose token it is, and, above
 * all, for which client it was made. Without that, any app that a person ever signed in to could sign in to us as that person.
 *
 * @see Login with Amazon documentation, "Access Token", "Impersonating a Resource Owner", "Obtain Customer Profile
 *   Information"
 */
export function createAmazonVerifier(deps: AmazonVerifierDeps): AccessTokenVerifier {
  return {
    async verify(accessToken) {
      requireTokenForm(accessToken, tokenPattern, longestToken)
      const { userId, appId } = await inspect(deps, accessToken)
      const person = await readPerson(deps, accessToken)
      if (person.id !== userId) throw rejected('its profile is of somebody else')
      return identityFromAccessToken('amazon', person, { appId, demo: false })
    },
  }
}

/** What tokeninfo must say before the token counts; answers whose it is, and of which app. */
async function inspect(
  deps: AmazonVerifierDeps,
  accessToken: string,
): Promise<{ userId: string; appId: string }> {
  // The token stands in the address, since tokeninfo is documented to take it nowhere else. `outbound` logs no query.
  const info = await ask(deps, `auth/o2/tokeninfo?${new URLSearchParams({ access_token: accessToken })}`)
  if (!isSame(textOf(info.aud) ?? '', deps.clientId)) throw rejected('it was made for another app')
  if (info.iss !== issuer) throw rejected('another than Amazon issued it')
  if (!isAhead(info.exp, toSeconds(deps.clock()))) throw rejected('it is expired')
  const { user_id: userId, app_id: appId } = info
  if (typeof userId !== 'string' || !userPattern.test(userId)) throw rejected('it names nobody')
  if (typeof appId !== 'string' || !appPattern.test(appId)) throw rejected('it names no app')
  return { userId, appId }
}

/** Amazon's `exp` is how many seconds are left, unlike a JWT's. Read as one or the other, a token never outlives itself. */
function isAhead(exp: unknown, nowSeconds: number): boolean {
  if (typeof exp !== 'number') return false
  return exp > (exp > longestRest ? nowSeconds : 0)
}

async function readPerson(deps: AmazonVerifierDeps, accessToken: string): Promise<AppPerson> {
  const {
    user_id: id,
    name,
    email,
  } = await ask(deps, 'user/profile', {
    authorization: `Bearer ${accessToken}`,
  })
  return { id: textOf(id) ?? '', name: textOf(name), email: textOf(email) }
}

async function ask(
  { outbound, apiUrl }: AmazonVerifierDeps,
  path: string,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const { status, body } = await outbound.fetchJson(`${apiUrl}/${path}`, { headers })
  const answered: Record<string, unknown> = Object(body)
  if (status === 200) return answered
  // A failure of Amazon's own may say anything: it is no word on the token.
  if (status < 500 && tokenErrors.includes(answered.error)) throw rejected('Amazon does not take it')
  throw new Refusal('issuer.unreachable', {
    detail: `Amazon answered ${path.replace(/\?.*/, '')} with ${status}`,
  })
}
