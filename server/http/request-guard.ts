import type { IncomingMessage } from 'node:http'
import { Refusal } from '../base/refusal.ts'
import type { FactsOf } from './request-facts.ts'

export type RequestGuardDeps = {
  /** An origin, without a slash at its end. */
  publicUrl: string
  production: boolean
  factsOf: FactsOf
}

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

/**
 * Refuses requests under a host name that is not ours: a stranger's page whose name was re-bound to our
 * address (DNS rebinding) would otherwise be same-origin with us. In production only the public URL's host
 * is served, and only over TLS; elsewhere loopback names are, too.
 *
 * @throws {Refusal} request.malformed | request.foreignHost | request.insecure
 */
export function createRequestGuard({ publicUrl, production, factsOf }: RequestGuardDeps) {
  const publicHost = new URL(publicUrl).host
  return (request: IncomingMessage): void => {
    requirePlainTarget(request.url ?? '')
    const host = onlyHost(request)
    const ours = host === publicHost || (!production && loopbackHost.test(host))
    if (!ours) throw new Refusal('request.foreignHost', { detail: `Host: ${host.slice(0, 255)}` })
    if (production && !factsOf(request).secure) {
      throw new Refusal('request.insecure', { detail: howItCame(request) })
    }
  }
}

/** What an operator compares with ROLECALL_TRUSTED_PROXIES, where a proxy in front ended TLS all the same. */
function howItCame({ headers, socket }: IncomingMessage): string {
  const proto = String(headers['x-forwarded-proto'] ?? 'none').slice(0, 64)
  return `from ${socket.remoteAddress ?? 'nowhere'}, X-Forwarded-Proto: ${proto}`
}

/**
 * Only the form that clients send to a server, a path: the one for proxies (`GET http://other/`) names a
 * second host, and which of the two counts is every reader's own guess.
 */
function requirePlainTarget(target: string): void {
  if (!target.startsWith('/')) throw malformed('the target is no path')
  const [path = ''] = target.split('?', 1)
  try {
    decodeURIComponent(path)
  } catch {
    throw malformed('a broken percent escape in the path')
  }
}

/** RFC 9112, section 3.2: a request with more than one Host MUST be answered with 400. */
function onlyHost({ headersDistinct }: IncomingMessage): string {
  const [host = '', ...more] = headersDistinct.host ?? []
  if (more.length > 0) throw malformed('more than one Host')
  return host.toLowerCase()
}

function malformed(detail: string): Refusal {
  return new Refusal('request.malformed', { detail })
}
