import { isIP, type LookupFunction, Socket } from 'node:net'
import { rootCertificates } from 'node:tls'
import { resolveAllowed } from '../../base/outbound.ts'
import { Refusal } from '../../base/refusal.ts'
import { RotationFailure } from '../rotation/rotator.ts'
import type { Login } from './database-secret.ts'

/**
 * Which databases may be called. Whoever may write a secret names a host in it, and would otherwise have us knock at any
 * door of our own network and tell them by the failure what is behind it.
 */
export type DatabaseRules = {
  /** Whether the operator lists it. */
  isListed(host: string, port: number): boolean
  /** Whether the operator lists it as one that may be spoken to in plain text. */
  isListedPlain(host: string, port: number): boolean
  /** Loopback needs no listing: outside production. */
  allowLoopback: boolean
  /** Certificate authorities beside the usual ones, in PEM. */
  ca?: string | undefined
  lookup?: LookupFunction
}

/** A way to a database that has been judged. */
export type Way = {
  /** Not connected yet: it goes to the judged addresses and nowhere else, whatever it is told. */
  openSocket(): Socket
  tls: { ca: string[]; rejectUnauthorized: true } | undefined
}

/** @throws {RotationFailure} when it may not be called, or has no address */
export async function findWay({ host, port, tls }: Login, rules: DatabaseRules): Promise<Way> {
  const isNear = rules.allowLoopback && isLoopback(host)
  if (!isNear && !rules.isListed(host, port)) {
    throw new RotationFailure(`${host}:${port} is not among the databases that the operator lists`)
  }
  const addresses = await resolve(host, port, isNear, rules)
  if (!tls && !addresses.every(isLoopback) && !rules.isListedPlain(host, port)) {
    throw new RotationFailure(
      `${host}:${port} would be spoken to in plain text, which the operator does not allow`,
    )
  }
  return {
    openSocket: () => new JudgedSocket(host, port, addresses),
    tls: tls
      ? { ca: [...rootCertificates, ...certificatesIn(rules.ca)], rejectUnauthorized: true }
      : undefined,
  }
}

function certificatesIn(pem = ''): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
}

async function resolve(
  host: string,
  port: number,
  isNear: boolean,
  { lookup }: DatabaseRules,
): Promise<string[]> {
  const url = `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  try {
    return await resolveAllowed(url, {
      allowPrivate: () => true,
      allowLoopbackHttp: isNear,
      ...(lookup === undefined ? {} : { lookup }),
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new RotationFailure(`${host} has no address that may be called`)
  }
}

/** `localhost` by name alone, so that no name server decides what is near. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** The drivers look names up for themselves when they connect: here they get what was judged. */
class JudgedSocket extends Socket {
  readonly #to: { host: string; port: number; lookup: LookupFunction; autoSelectFamily: true }

  constructor(host: string, port: number, addresses: readonly string[]) {
    super()
    const found = addresses.map(address => ({ address, family: isIP(address) }))
    const lookup: LookupFunction = (_host, options, callback) => {
      const [first] = found
      if (options.all) callback(null, found)
      else callback(null, first?.address ?? '', first?.family)
    }
    this.#to = { host, port, lookup, autoSelectFamily: true }
  }

  override connect(..._asked: unknown[]): this {
    return super.connect(this.#to)
  }
}
