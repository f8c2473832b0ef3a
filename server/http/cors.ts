import type { IncomingMessage, ServerResponse } from 'node:http'

/** What AWS's SDKs send from a browser, and what they read. */
const allowedHeaders = [
  'content-type',
  'x-amz-target',
  'x-amz-user-agent',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
].join(', ')
const exposedHeaders = ['x-amzn-requestid', 'x-amzn-errortype', 'x-request-id', 'retry-after', 'date'].join(
  ', ',
)
const preflightSeconds = '600'

/**
 * Lets pages of the operator's other sites read the answers, by their exact origins. Nothing there goes by a cookie, so
 * that none may be sent; and `*` is never said: every site would be meant.
 *
 * @returns for a request to what may be called from elsewhere: true when it was a preflight, and is answered
 * @see Fetch Standard, "CORS protocol"
 */
export function createCors(origins: readonly string[]) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (origins.length === 0) return false
    // Also for who gets no leave: what one was answered must not be kept for another.
    response.setHeader('vary', 'Origin')
    const [origin, ...more] = request.headersDistinct.origin ?? []
    const allowed = origin !== undefined && more.length === 0 && origins.includes(origin)
    if (allowed) {
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader('access-control-expose-headers', exposedHeaders)
    }
    if (request.method !== 'OPTIONS') return false
    if (allowed) {
      response.setHeader('access-control-allow-methods', 'POST')
      response.setHeader('access-control-allow-headers', allowedHeaders)
      response.setHeader('access-control-max-age', preflightSeconds)
    }
    response.writeHead(204, { 'cache-control': 'no-store' }).end()
    return true
  }
}
