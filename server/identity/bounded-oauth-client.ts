import type { Outbound } from '../base/outbound.ts'

type Callback = (error: unknown, body?: string, response?: object) => void

/** The part of the `oauth` package's client, which the strategies are built on, that talks to the network. */
type OAuthClient = {
  _request(
    method: string,
    url: string,
    headers: Record<string, string> | null,
    body: string | null,
    accessToken: string | null,
    callback: Callback,
  ): void
}

/**
 * Has a strategy make its calls through `outbound`. Its own client knows no limit in time or size, and
 * would wait for a silent provider for ever.
 */
export function boundRequests(strategy: object, outbound: Outbound): void {
  const { _oauth2: client } = strategy as { _oauth2: OAuthClient }
  client._request = (method, url, headers, body, accessToken, callback) => {
    const target = new URL(url)
    if (accessToken) target.searchParams.set('access_token', accessToken)
    outbound
      .fetchText(target.href, {
        method: method === 'POST' ? 'POST' : 'GET',
        headers: headers ?? {},
        ...(body ? { body } : {}),
      })
      .then(({ status, headers: answered, body: data }) => {
        if (status === 200) callback(null, data, { statusCode: status, headers: answered })
        else callback({ statusCode: status, data })
      })
      .catch(callback)
  }
}
