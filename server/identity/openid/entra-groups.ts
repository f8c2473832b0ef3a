import type { Outbound } from '../../base/outbound.ts'
import { Refusal } from '../../base/refusal.ts'

const mostGroups = 2_000
const mostPages = 20
/** For all pages together. */
const deadlineMs = 10_000

/**
 * The groups of the person who has just signed in, where they were too many for the token. Asked of the Graph that is
 * configured: the address in the token would be an issuer's, or a forger's, choice of whom we call with a bearer token.
 * All or nothing, since a group left out is one that no Deny meets.
 *
 * @throws {Refusal} issuer.unreachable
 * @see Microsoft Graph, directoryObject: getMemberObjects
 */
export async function fetchEntraGroups(
  outbound: Outbound,
  graphUrl: string,
  accessToken: string,
): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(deadlineMs)
  const authorization = `Bearer ${accessToken}`
  const first = `${graphUrl}/me/getMemberObjects`
  const asked = JSON.stringify({ securityEnabledOnly: false })
  const groups = new Set<string>()
  let next: string | undefined = first
  for (let page = 0; next !== undefined; page++) {
    if (page === mostPages) throw unusable(`more than ${mostPages} pages of groups`)
    const { status, body } = await outbound.fetchJson(next, {
      ...(page === 0 ? { method: 'POST' as const, body: asked } : {}),
      headers: { authorization, 'content-type': 'application/json' },
      signal,
    })
    if (status !== 200) throw unusable(`it answered with status ${status}`)
    for (const id of requireIds(Object(body).value)) groups.add(id)
    if (groups.size > mostGroups) throw unusable(`more than ${mostGroups} groups`)
    next = nextPage(Object(body)['@odata.nextLink'], graphUrl)
  }
  // The token has just said that there are some: the app may not see them.
  if (groups.size === 0) throw unusable('it names no group')
  return [...groups]
}

function requireIds(value: unknown): string[] {
  const isId = (one: unknown) => typeof one === 'string' && /^[\w.-]{1,128}$/.test(one)
  if (!Array.isArray(value) || !value.every(isId)) throw unusable('it answered with something else than ids')
  return value
}

/** The link is the answer's choice, and the access token goes with it. */
function nextPage(link: unknown, graphUrl: string): string | undefined {
  if (link === undefined) return undefined
  const [url, base] = [URL.parse(String(link)), new URL(`${graphUrl}/`)]
  if (url === null || url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) {
    throw unusable('its next page lies elsewhere')
  }
  return url.href
}

function unusable(detail: string): Refusal {
  return new Refusal('issuer.unreachable', { detail: `Graph, asked for groups: ${detail}` })
}
