import { isIP } from 'node:net'
import { RotationFailure } from '../rotation/rotator.ts'

/** Where and as whom to log in. */
export type Login = {
  host: string
  port: number
  username: string
  password: string
  dbname: string | undefined
  /** False only where the secret itself says so. */
  tls: boolean
}

export type DatabaseSecret = Login & {
  engine: string
  masterArn: string | undefined
  /** All of it, with whatever else its owner keeps there. */
  json: Readonly<Record<string, unknown>>
}

/** What an engine's secrets must have in common. */
export type SecretRules = {
  engines: readonly string[]
  defaultPort: number
  /** Of a user's name, in bytes. */
  longestName: number
}

/**
 * Reads a secret in the form that AWS's rotation templates have: engine, host, port, username, password, dbname,
 * masterarn, ssl.
 *
 * @param which how a failure calls it
 * @throws {RotationFailure} that names what is wrong, and never repeats a value
 */
export function readDatabaseSecret(text: string, rules: SecretRules, which: string): DatabaseSecret {
  const json = parseObject(text, which)
  const wrong = (what: string) => new RotationFailure(`the ${which} secret ${what}`)
  const textOf = (name: string): string => {
    const value = json[name]
    if (typeof value !== 'string' || value === '') throw wrong(`has no "${name}"`)
    return value
  }
  const engine = textOf('engine')
  if (!rules.engines.includes(engine)) {
    throw wrong(`has an "engine" that this rotator does not know, expected ${rules.engines.join(' or ')}`)
  }
  const host = textOf('host').toLowerCase()
  if (!isHost(host)) throw wrong('has a "host" that is neither a name nor an address')
  const username = textOf('username')
  if (!isUserName(username, rules)) throw wrong(`has a "username" that no user of ${engine} can have`)
  const password = textOf('password')
  if (password.includes('\0')) throw wrong('has a "password" that no user can have')
  const { dbname, masterarn } = json
  // What follows a zero byte would be read as more of what a connection begins with.
  if (typeof dbname === 'string' && !isPrintable(dbname, longestDatabase))
    throw wrong('has a "dbname" that no database can have')
  return {
    engine,
    host,
    port: readPort(json.port, rules.defaultPort, wrong),
    username,
    password,
    dbname: typeof dbname === 'string' && dbname !== '' ? dbname : undefined,
    masterArn: typeof masterarn === 'string' && masterarn !== '' ? masterarn : undefined,
    tls: readTls(json, wrong),
    json,
  }
}

/** The same with another user and password, as text. */
export function withUser({ json }: DatabaseSecret, username: string, password: string): string {
  return JSON.stringify({ ...json, username, password })
}

/** Of the same server, by the same way: the rights that somebody has there say nothing of any other. */
export function isSamePlace(one: DatabaseSecret, other: DatabaseSecret): boolean {
  return one.host === other.host && one.port === other.port
}

export function isUserName(name: string, { longestName }: Pick<SecretRules, 'longestName'>): boolean {
  return name !== '' && isPrintable(name, longestName)
}

/** In bytes. Each kind of server has a bound of its own below. */
const longestDatabase = 256

/** Quoting is the statements' business. What is not printable has no place in a name. */
function isPrintable(name: string, longest: number): boolean {
  return Buffer.byteLength(name) <= longest && !/[\p{Cc}\p{Cs}]/u.test(name)
}

type Wrong = (what: string) => RotationFailure

function parseObject(text: string, which: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  } catch {}
  throw new RotationFailure(`the ${which} secret is not a JSON object`)
}

function readPort(given: unknown, fallback: number, wrong: Wrong): number {
  if (given === undefined || given === '') return fallback
  const port = /^\d{1,5}$/.test(String(given)) ? Number(given) : 0
  if (port < 1 || port > 65_535) throw wrong('has a "port" that is none')
  return port
}

/** AWS's templates fall back to plain text when TLS fails, where nothing is said. Whoever sits between would see to that. */
function readTls({ ssl, sslmode }: Readonly<Record<string, unknown>>, wrong: Wrong): boolean {
  if (sslmode !== undefined && sslmode !== 'verify-full' && sslmode !== 'disable') {
    throw wrong('has an "sslmode" other than verify-full and disable')
  }
  const said = typeof ssl === 'string' ? ssl.toLowerCase() : ssl
  if (said === undefined) return sslmode !== 'disable'
  if (said !== true && said !== 'true' && said !== false && said !== 'false') {
    throw wrong('has an "ssl" that is neither true nor false')
  }
  const tls = said === true || said === 'true'
  if (sslmode !== undefined && tls !== (sslmode === 'verify-full')) {
    throw wrong('contradicts itself in "ssl" and "sslmode"')
  }
  return tls
}

/** No path to a socket, no user before an @, no address in octal: what is checked must be what is called. */
function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true
  return host.length <= 253 && /^(?:[a-z0-9_-]{1,63}\.)*(?=[a-z0-9_-]*[a-z])[a-z0-9_-]{1,63}$/.test(host)
}
