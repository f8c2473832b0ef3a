import { readFileSync } from 'node:fs'
import type { OutboundOptions } from './base/outbound.ts'
import type { Config } from './config.ts'
import type { DatabaseRules } from './secrets/databases/reach.ts'

/** Whom we may call, by configuration. */
export function outboundRules({ allowedPrivateHosts, production }: Config): OutboundOptions {
  return {
    allowPrivate: (host, port) => isAllowed(allowedPrivateHosts, host, port),
    allowLoopbackHttp: !production,
  }
}

/**
 * Which databases we may log in to, by configuration.
 *
 * @throws {Error} when the file with the certificate authorities can't be read
 */
export function databaseRules({ databases, production }: Config): DatabaseRules {
  const { hosts, plaintextHosts, caFile } = databases
  return {
    isListed: (host, port) => isAllowed(hosts, host, port),
    isListedPlain: (host, port) => isAllowed(plaintextHosts, host, port),
    allowLoopback: !production,
    ca: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
  }
}

/** `host` allows every port, `host:port` one. */
function isAllowed(allowed: readonly string[], host: string, port: number): boolean {
  // Configuration writes an IPv6 address in brackets, as URLs do.
  const name = host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase()
  return allowed.includes(name) || allowed.includes(`${name}:${port}`)
}
