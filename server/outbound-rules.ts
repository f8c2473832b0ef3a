import type { OutboundOptions } from './base/outbound.ts'
import type { Config } from './config.ts'

/** Whom we may call, by configuration. */
export function outboundRules({ allowedPrivateHosts, production }: Config): OutboundOptions {
  return {
    allowPrivate: (host, port) => isAllowed(allowedPrivateHosts, host, port),
    allowLoopbackHttp: !production,
  }
}

/** `host` allows every port, `host:port` one. */
function isAllowed(allowed: readonly string[], host: string, port: number): boolean {
  // Configuration writes an IPv6 address in brackets, as URLs do.
  const name = host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase()
  return allowed.includes(name) || allowed.includes(`${name}:${port}`)
}
