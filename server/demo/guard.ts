import type { IncomingMessage, ServerResponse } from 'node:http'

const mostBodyBytes = 16 * 1024

const forwardingHeaders = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-host',
  'true-client-ip',
  'cf-connecting-ip',
  'cf-ray',
  'fastly-client-ip',
  'fly-client-ip',
])

type Objection = { status: 400 | 403 | 405 | 411 | 413; sentence: string }

/**
 * Keeps a stand-in on the machine that it runs on: it hands out identities to whoever asks, so nobody
 * else may ever ask. Returns true when the request may go on, false when it has been answered.
 *
 * - A tunnel or a reverse proxy in front announces itself by a forwarding header.
 * - A page elsewhere whose name was made to resolve to 127.0.0.1 (DNS rebinding) sends its own Host.
 * - A page elsewhere that posts a form (CSRF) sends its own Origin.
 */
export function createGuard(port: number): (request: IncomingMessage, response: ServerResponse) => boolean {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])

  return (request, response) => {
    setSafeHeaders(response)
    const objection = objectionTo(request, hosts)
    if (objection === undefined) return true
    const body = `${objection.sentence}\n`
    response.writeHead(objection.status, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    })
    response.end(body)
    return false
  }
}

function objectionTo(request: IncomingMessage, hosts: ReadonlySet<string>): Objection | undefined {
  const { headers, method, url } = request
  if (Object.keys(headers).some(isForwardingHeader)) {
    return refuse(403, 'This stand-in answers only its own machine: not through a proxy or a tunnel.')
  }
  if (!hosts.has(headers.host?.toLowerCase() ?? '')) {
    return refuse(403, 'This stand-in answers only under the name of its own machine, such as 127.0.0.1.')
  }
  // `GET http://elsewhere/ HTTP/1.1` would let the request line overrule the Host just checked.
  if (!url?.startsWith('/') || url.startsWith('//')) return refuse(400, 'The request target must be a path.')
  if (method === 'GET' || method === 'HEAD') return undefined
  if (method !== 'POST') return refuse(405, 'Only GET and POST are understood here.')
  return objectionToPost(headers, hosts)
}

function objectionToPost(
  headers: IncomingMessage['headers'],
  hosts: ReadonlySet<string>,
): Objection | undefined {
  // Every browser sends Origin along with a POST; a server that redeems a code sends none.
  const { origin } = headers
  if (origin !== undefined && !(origin.startsWith('http://') && hosts.has(origin.slice('http://'.length)))) {
    return refuse(403, 'This stand-in takes no forms from other pages.')
  }
  if (headers['transfer-encoding'] !== undefined) return refuse(411, 'The body must announce its length.')
  if (Number(headers['content-length'] ?? 0) > mostBodyBytes) return refuse(413, 'The body is too large.')
  return undefined
}

function isForwardingHeader(name: string): boolean {
  return forwardingHeaders.has(name) || name.startsWith('x-forwarded')
}

function refuse(status: Objection['status'], sentence: string): Objection {
  return { status, sentence }
}

function setSafeHeaders(response: ServerResponse): void {
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Frame-Options', 'DENY')
  // Not `no-referrer`: with that, a browser sends `Origin: null` along with our own form.
  response.setHeader('Referrer-Policy', 'same-origin')
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
}
