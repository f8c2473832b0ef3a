import type { CustomFetch } from 'openid-client'
import type { Outbound } from '../../base/outbound.ts'
import { Refusal } from '../../base/refusal.ts'

/** Has `openid-client` make its calls through `outbound`. */
export function createBoundedFetch(outbound: Outbound): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const answer = await outbound.fetchText(url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      ...(body ? { body: String(body) } : {}),
      ...(signal ? { signal } : {}),
    })
    if (answer.status < 200 || answer.status >= 500) {
      const { origin, pathname } = new URL(url)
      throw new Refusal('issuer.unreachable', { detail: `${origin}${pathname}: status ${answer.status}` })
    }
    const type = answer.headers['content-type']
    // These may have no body: the Fetch standard, "null body status".
    const text = answer.status === 204 || answer.status === 205 ? null : answer.body
    return new Response(text, {
      status: answer.status,
      ...(type ? { headers: { 'content-type': type } } : {}),
    })
  }
}

/**
 * The same, but the ID token of an answer is taken out before the library sees it. The library would judge it
 * without its signature and with rules of its own; there must be one judge, and that is our verifier.
 */
export function withholdIdToken(fetch: CustomFetch, take: (idToken: unknown) => void): CustomFetch {
  return async (url, options) => {
    const answer = await fetch(url, options)
    if (answer.status !== 200) return answer
    const { id_token: idToken, ...rest } = Object(await answer.json().catch(() => undefined))
    take(idToken)
    return new Response(JSON.stringify(rest), { status: 200, headers: answer.headers })
  }
}
