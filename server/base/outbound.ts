import { lookup as systemLookup } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Refusal } from './refusal.ts'

export type OutboundRequest = {
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** Ends the call early, for several calls that share one deadline. */
  signal?: AbortSignal
}
export type OutboundResponse<Body = string> = {
  status: number
  headers: http.IncomingHttpHeaders
  body: Body
}

export type Outbound = {
  /** Whatever the status, apart from redirects. @throws {Refusal} issuer.unreachable */
  fetchText(url: string, request?: OutboundRequest): Promise<OutboundResponse>
  /** The same, for an answer that must be JSON. @throws {Refusal} issuer.unreachable */
  fetchJson(url: string, request?: OutboundRequest): Promise<OutboundResponse<unknown>>
}

export type OutboundOptions = {
  /** Whether the operator allows this host although its address is not a public one. */
  allowPrivate: (host: string, port: number) => boolean
  /** Whether loopback may be called, and `http:` be spoken to it: outside production alone. */
  allowLoopbackHttp: boolean
  /** From the call to the last byte in, however steadily the bytes drip. */
  timeoutMs?: number
  maxBytes?: number
  lookup?: LookupFunction
}

/** Azure's own agent and metadata answer here, to machines inside Azure, although the range is a public one. */
const azureWireServer = '168.63.129.16'
const globalUnicast = ipaddr.IPv6.parse('2000::')

type Judge = (address: string) => boolean

/**
 * The only way out to the network. Whom to call is in part a stranger's choice (an issuer's own metadata
 * names its key set), so that addresses which only this machine can reach are refused, redirects are not
 * followed, and every answer is bounded in size and time.
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const { timeoutMs = 5_000, maxBytes = 256 * 1024, lookup = systemLookup } = options
  // A connection is kept for a call that follows closely. One that idles longer is likely to be closed by
  // the other side just as it is used again.
  const kept = { keepAlive: true, maxSockets: 8, maxFreeSockets: 2, timeout: 4_000 }
  const [secure, plain] = [new https.Agent(kept), new http.Agent(kept)]

  function fetchText(text: string, call: OutboundRequest = {}): Promise<OutboundResponse> {
    const url = requireUrl(text)
    const { method = 'GET', headers = {}, body, signal } = call
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      agent: url.protocol === 'https:' ? secure : plain,
      headers: {
        'user-agent': 'Rolecall',
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...headers,
      },
      lookup: judgedLookup(lookup, requireJudge(url, options)),
      ...(signal === undefined ? {} : { signal }),
    })
    // Neither query nor body: they may hold tokens.
    return exchange(request, body, { timeoutMs, maxBytes, to: url.origin + url.pathname })
  }

  return {
    fetchText: async (url, call) => fetchText(url, call),
    async fetchJson(url, call) {
      const response = await fetchText(url, call)
      return { ...response, body: parseJson(response.body) }
    },
  }
}

function requireUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null) throw unreachable('the URL does not parse')
  if (url.username !== '' || url.password !== '') throw unreachable('the URL holds credentials')
  return url
}

/**
 * Which addresses a URL may lead to. One that is written in the URL itself is judged here, since no look-up
 * is made for it.
 */
function requireJudge(url: URL, { allowPrivate, allowLoopbackHttp }: OutboundOptions): Judge {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const loopback = allowLoopbackHttp && (/^(?:.+\.)?localhost$/.test(host) || isLoopbackAddress(host))
  // Plain http only where nobody listens in: `localhost` must really be here.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw unreachable(`${url.protocol} is not https:`)
  }
  const judge = loopback ? isLoopbackAddress : allowPrivate(host, portOf(url)) ? () => true : isPublicAddress
  if (isIP(host) !== 0 && !judge(host)) throw unreachable(`${host} is not a public address`)
  return judge
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

/**
 * Judges the very addresses that will be connected to. A check beside the look-up would leave a gap in
 * which the name is re-bound to another address.
 */
function judgedLookup(lookup: LookupFunction, judge: Judge): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error) return callback(error, address, family)
      const addresses = typeof address === 'string' ? [address] : address.map(one => one.address)
      const bad = addresses.find(one => !judge(one))
      if (bad === undefined) return callback(null, address, family)
      callback(new Error(`${hostname} is at ${bad}, which may not be called`), '', 0)
    })
  }
}

/**
 * Whether an address is unicast on the public internet. Not: private, loopback, link-local (with the cloud's
 * metadata services), shared, reserved and multicast ones, nor IPv4 in IPv6 clothes (mapped, 6to4, Teredo,
 * NAT64), which may lead to any of those.
 *
 * @see IANA, IPv4 and IPv6 Special-Purpose Address Registries
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0 || text === azureWireServer) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  // RFC 4291, section 2.4 calls more unicast, but only 2000::/3 was ever given out: `::127.0.0.1` is not in it.
  return address.kind() === 'ipv4' || address.match(globalUnicast, 3)
}

function isLoopbackAddress(text: string): boolean {
  return isIP(text) !== 0 && ipaddr.parse(text).range() === 'loopback'
}

type Bounds = { timeoutMs: number; maxBytes: number; to: string }

function exchange(
  request: http.ClientRequest,
  body: string | undefined,
  { timeoutMs, maxBytes, to }: Bounds,
): Promise<OutboundResponse> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(deadline)
      reject(unreachable(`${to}: ${why}`))
      request.destroy()
    }
    const deadline = setTimeout(() => fail(`no whole answer within ${timeoutMs} ms`), timeoutMs)
    request.on('error', error => fail(error.message))
    request.on('response', response => {
      const status = response.statusCode ?? 0
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', error => fail(error.message))
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) fail(`its answer is longer than ${maxBytes} bytes`)
        else chunks.push(chunk)
      })
      response.on('end', () => {
        clearTimeout(deadline)
        resolve({ status, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') })
      })
      // Where it leads was not what was asked for, nor was it judged.
      if (status >= 300 && status < 400) fail('it answered with a redirect')
    })
    request.end(body)
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreachable('the answer is not JSON')
  }
}

function unreachable(detail: string): Refusal {
  return new Refusal('issuer.unreachable', { detail })
}

/** `host` allows every port, `host:port` one. */
export function isListedHost(allowed: readonly string[], host: string, port: number): boolean {
  // Configuration writes an IPv6 address in brackets, as URLs do.
  const name = host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase()
  return allowed.includes(name) || allowed.includes(`${name}:${port}`)
}
