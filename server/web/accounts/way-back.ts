import { Refusal } from '../../base/refusal.ts'

/** Back to the app that sent somebody here. */
export type WayBack = { url: string; host: string }

/**
 * The way back that a request asks for (`return_url`). Letter by letter it is one of the operator's list, as redirect URIs
 * are (RFC 9700, section 2.1): a prefix or a host alone would lead to whatever else is there, and anything beyond the list
 * would lend our name to a stranger's page (open redirect).
 *
 * @throws {Refusal} request.invalid for any other address: to pass it over would end somewhere else than was asked for
 */
export function findWayBack(
  listed: readonly string[],
  asked: ReadonlyMap<string, string>,
): WayBack | undefined {
  const url = asked.get('return_url')
  if (url === undefined) return undefined
  if (!listed.includes(url)) {
    const message = 'This page was to lead back to an address that is not on this service’s list.'
    throw new Refusal('request.invalid', { detail: 'a return_url that is not listed', said: { message } })
  }
  return { url, host: new URL(url).host }
}

/** One of our own addresses, which remembers the way back. */
export function pathTo(path: string, back: WayBack | undefined, query: Record<string, string> = {}): string {
  const search = new URLSearchParams({ ...query, ...(back === undefined ? {} : { return_url: back.url }) })
  return search.size === 0 ? path : `${path}?${search}`
}
