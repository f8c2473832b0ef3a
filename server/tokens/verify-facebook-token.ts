import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Clock, toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import type { Outbound } from '../base/outbound.ts'
import { Refusal } from '../base/refusal.ts'

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

export type FacebookVerifier = {
  /** @throws {Refusal} token.malformed | token.rejected | issuer.unreachable */
  verify(accessToken: string): Promise<FederatedIdentity>
}

const provider = 'graph.facebook.com'

/**
 * Verifies Facebook user access tokens. They are opaque, so that Facebook itself is asked, with our app's
 * own credentials: whose token it is, and, above all, for which app it was made. Without that, any app that
 * a person ever signed in to could sign in to us as that person.
 *
 * @see Facebook Login documentation, "Manually build a login flow", inspecting access tokens
 */
export function createFacebookVerifier(deps: FacebookVerifierDeps): FacebookVerifier {
  return {
    async verify(accessToken) {
      // RFC 6750, section 2.1. It goes into a URL, so nothing else may be in it.
      if (!/^[A-Za-z0-9._~+/|-]{4,2000}=*$/.test(accessToken)) throw new Refusal('token.malformed')
      const userId = await inspect(deps, accessToken)
      const profile = await readProfile(deps, accessToken)
      if (profile.id !== userId) throw rejected('its profile is of somebody else')
      return facebookIdentity(deps, userId, profile)
    },
  }
}

/** What debug_token must say before the token counts; answers whose it is. */
async function inspect(deps: FacebookVerifierDeps, accessToken: string): Promise<string> {
  const query = new URLSearchParams({
    input_token: accessToken,
    access_token: `${deps.appId}|${deps.appSecret}`,
  })
  const data = Object((await ask(deps, `debug_token?${query}`)).data) as Record<string, unknown>
  if (data.is_valid !== true) throw rejected('it is not valid')
  if (!sameText(String(data.app_id), deps.appId)) throw rejected('it was made for another app')
  if (data.type !== 'USER') throw rejected('it is not of a person')
  const nowSeconds = toSeconds(deps.clock())
  for (const name of ['expires_at', 'data_access_expires_at']) {
    // Zero means never; anything that is no number is no promise.
    const at = data[name] ?? 0
    if (typeof at !== 'number' || (at !== 0 && at <= nowSeconds)) throw rejected(`its ${name} is over`)
  }
  if (typeof data.user_id !== 'string' || !/^\d{1,30}$/.test(data.user_id)) throw rejected('it names nobody')
  return data.user_id
}

type Profile = { id: string; name?: string; email?: string }

async function readProfile(deps: FacebookVerifierDeps, accessToken: string): Promise<Profile> {
  const query = new URLSearchParams({
    fields: 'id,name,email',
    access_token: accessToken,
    // Proves that the call comes from the app's own server, not from whoever stole the token.
    appsecret_proof: createHmac('sha256', deps.appSecret).update(accessToken).digest('hex'),
  })
  const { id, name, email } = await ask(deps, `me?${query}`)
  return {
    id: String(id),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof email === 'string' ? { email } : {}),
  }
}

/** A "no" from Facebook is about the token; anything else that is not an answer is about Facebook. */
async function ask(
  { outbound, graphUrl, graphVersion }: FacebookVerifierDeps,
  path: string,
): Promise<Record<string, unknown>> {
  const { status, body } = await outbound.fetchText(`${graphUrl}/${graphVersion}/${path}`)
  if (status >= 500 || status === 429) {
    throw new Refusal('issuer.unreachable', { detail: `Facebook answered ${status}` })
  }
  if (status !== 200) throw rejected(`Facebook answered ${status}`)
  try {
    return Object(JSON.parse(body))
  } catch {
    throw new Refusal('issuer.unreachable', { detail: 'Facebook answered something that is no JSON' })
  }
}

/** The person of a Facebook profile, whichever way it was got. */
export function facebookIdentity(
  { appId, demo }: Pick<FacebookVerifierDeps, 'appId' | 'demo'>,
  userId: string,
  { name, email }: { name?: string; email?: string },
): FederatedIdentity {
  return {
    kind: 'facebook',
    principals: [provider],
    provider,
    issuer: provider,
    subject: userId,
    audience: appId,
    context: { [`${provider}:app_id`]: [appId], [`${provider}:id`]: [userId] },
    ...(name === undefined ? {} : { displayName: name }),
    ...(email === undefined ? {} : { email }),
    tags: {},
    transitiveTagKeys: [],
    demo,
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function rejected(detail: string): Refusal {
  return new Refusal('token.rejected', { detail })
}
