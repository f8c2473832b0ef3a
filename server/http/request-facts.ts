import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import ipaddr from 'ipaddr.js'
import type { Clock } from '../base/clock.ts'
import { newRequestId } from '../base/ids.ts'
import type { RequestFacts } from '../base/request-facts.ts'

/** Answers the same facts however often it is asked about one request. */
export type FactsOf = (request: IncomingMessage) => RequestFacts

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/**
 * Reads who is really asking. `X-Forwarded-For` and `X-Forwarded-Proto` count only when the peer
 * is one of `trustedProxies`; the address is then the last one that no trusted proxy wrote, since
 * anything to the left of it is the stranger's own invention (`aws:SourceIp` decides on it).
 *
 * @param trustedProxies addresses and CIDR blocks
 */
export function createFactsReader(trustedProxies: readonly string[], clock: Clock): FactsOf {
  const ranges = trustedProxies.map(parseRange)
  return (request: WithFacts) => {
    request[known] ??= readFacts(request, ranges, clock())
    return request[known]
  }
}

/** On the request itself: a WeakMap of requests costs the garbage collector more than the facts. */
const known = Symbol('facts')
type WithFacts = IncomingMessage & { [known]?: RequestFacts }

function readFacts(request: IncomingMessage, ranges: readonly Range[], atMs: number): RequestFacts {
  const peer = plainAddress(request.socket.remoteAddress ?? '')
  const trusted = ranges.length > 0 && isTrusted(peer, ranges)
  const userAgent = request.headers['user-agent']
  return {
    requestId: newRequestId(atMs),
    sourceIp: trusted ? forwardedFor(request, peer, ranges) : peer,
    secure: trusted
      ? lastOf(request.headers['x-forwarded-proto'])?.toLowerCase() === 'https'
      : (request.socket as TLSSocket).encrypted === true,
    atMs,
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 1024) }),
  }
}

function forwardedFor(request: IncomingMessage, peer: string, ranges: readonly Range[]): string {
  const hops = String(request.headers['x-forwarded-for'] ?? '').split(',')
  let address = peer
  for (const hop of hops.reverse()) {
    const candidate = plainAddress(hop.trim())
    if (!ipaddr.isValid(candidate)) return address
    address = candidate
    if (!isTrusted(candidate, ranges)) return address
  }
  return address
}

function lastOf(header: string | string[] | undefined): string | undefined {
  return String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim()
}

const withPort = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[\d.]+))(?::\d{1,5})?$/

/** Some proxies write a port behind the address. `::ffff:192.0.2.1` is how a dual-stack socket writes IPv4. */
function plainAddress(text: string): string {
  const { v4, v6 } = withPort.exec(text)?.groups ?? {}
  const address = v4 ?? v6 ?? text
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

function isTrusted(address: string, ranges: readonly Range[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return ranges.some(([base, bits]) => parsed.kind() === base.kind() && parsed.match(base, bits))
}

function parseRange(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
