import { createHmac } from 'node:crypto'
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

export type FacebookVerifierDeps = {
  appId: string
  appSecret: string
  /** Without a version: `https://graph.facebook.com`. */
  graphUrl: string
  graphVersion: string
  outbound: Outbound
  clock: Clock
  /** Whether Facebook is a stand-in. */
  demo: boolean
}

/**
 * RFC 6750, section 2.1, and the bar of Facebook's own; never an `=` within, or a `&` that would start
 * another parameter. Facebook promises no length; its tokens have some hundred characters, and a request
 * line has its bounds.
 */
const tokenPattern = /^[A-Za-z0-9._~+/|-]+=*$/
const longestToken = 2_000
/** Graph's error code for an access token that is expired, withdrawn or made up. */
const tokenErrorCode = 190

/**
 * Verifies Facebook user access tokens. They are opaque, so that Facebook itself is asked, with our app's
 * own credentials: whose token it is, and, above all, for which app it was made. Without that, any app that
 * a person ever signed in to could sign in to us as that person.
 *
 * @see Facebook Login documentation, "Manually build a login flow", inspecting access tokens
 */
export function createFacebookVerifier(deps: FacebookVerifierDeps): AccessTokenVerifier {
  return {
    async verify(accessToken) {
      requireTokenForm(accessToken, tokenPattern, longestToken)
      const userId = await inspect(deps, accessToken)
      const person = await readPerson(deps, accessToken)
      if (person.id !== userId) throw rejected('its profile is of somebody else')
      return identityFromAccessToken('facebook', person, deps)
    },
  }
}

/** What debug_token must say before the token counts; answers whose it is. */
async function inspect(deps: FacebookVerifierDeps, accessToken: string): Promise<string> {
  const path = `debug_token?${new URLSearchParams({ input_token: accessToken })}`
  const { status, body } = await ask(deps, path, `${deps.appId}|${deps.appSecret}`)
  // Graph says of a bad input token that it is not valid. An error is about our own credentials, or its own.
  if (status !== 200) throw unreachable('debug_token', status, body)
  const data: Record<string, unknown> = Object(body.data)
  if (data.is_valid !== true) throw rejected('it is not valid')
  if (!isSame(appIdIn(data), deps.appId)) throw rejected('it was made for another app')
  if (data.type !== 'USER') throw rejected('it is not of a person')
  const nowSeconds = toSeconds(deps.clock())
  if (!isAhead(data.expires_at, nowSeconds)) throw rejected('it is expired')
  if (!isAhead(data.data_access_expires_at ?? 0, nowSeconds)) throw rejected('its access to data is expired')
  if (typeof data.user_id !== 'string' || !/^\d{1,30}$/.test(data.user_id)) throw rejected('it names nobody')
  return data.user_id
}

/** Its documentation has a number there, its answers a text. */
function appIdIn({ app_id: appId }: Record<string, unknown>): string {
  return typeof appId === 'number' ? String(appId) : (textOf(appId) ?? '')
}

/** Zero means never. */
function isAhead(seconds: unknown, nowSeconds: number): boolean {
  return typeof seconds === 'number' && (seconds === 0 || seconds > nowSeconds)
}

async function readPerson(deps: FacebookVerifierDeps, accessToken: string): Promise<AppPerson> {
  const query = new URLSearchParams({
    fields: 'id,name,email',
    // Proves that the call comes from the app's own server, not from whoever stole the token.
    appsecret_proof: createHmac('sha256', deps.appSecret).update(accessToken).digest('hex'),
  })
  const { status, body } = await ask(deps, `me?${query}`, accessToken)
  if (Object(body.error).code === tokenErrorCode) throw rejected('it was withdrawn')
  if (status !== 200) throw unreachable('me', status, body)
  const { id, name, email } = body
  return { id: textOf(id) ?? '', name: textOf(name), email: textOf(email) }
}

/** Tokens go in a header: what stands in a URL stands in logs. `input_token` alone has no other place. */
async function ask(
  { outbound, graphUrl, graphVersion }: FacebookVerifierDeps,
  path: string,
  accessToken: string,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { status, body } = await outbound.fetchJson(`${graphUrl}/${graphVersion}/${path}`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return { status, body: Object(body) }
}

function unreachable(path: string, status: number, body: Record<string, unknown>): Refusal {
  const code = Number(Object(body.error).code)
  return new Refusal('issuer.unreachable', { detail: `Graph answered ${path} with ${status}, code ${code}` })
}
