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
 * @throws {Refusal} request.foreignHost | request.insecure
 */
export function createRequestGuard({ publicUrl, production, factsOf }: RequestGuardDeps) {
  const publicHost = new URL(publicUrl).host
  return (request: IncomingMessage): void => {
    const host = request.headers.host?.toLowerCase() ?? ''
    const ours = host === publicHost || (!production && loopbackHost.test(host))
    if (!ours) throw new Refusal('request.foreignHost', { detail: `Host: ${host.slice(0, 255)}` })
    if (production && !factsOf(request).secure) throw new Refusal('request.insecure')
  }
}
