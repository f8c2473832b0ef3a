import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { directorySettings } from './directory-settings.ts'
import { samlSettings } from './saml-settings.ts'
import { endpoint, listOf, oneOf, parseWebUrl, text, word } from './setting-kinds.ts'

/**
 * Every environment variable that Rolecall reads, each by itself; `config.ts` holds the rules between them.
 * A message says what is wrong and what is expected, and never repeats the value: it might be a secret, or a
 * secret under the wrong name.
 */
export const settings = z.object({
  NODE_ENV: oneOf(['production', 'development', 'test']).optional(),
  PORT: text(isPort, 'not a port, expected a whole number from 0 to 65535').transform(Number).default(3000),
  HOST: text(isHost, 'not a host, expected an IP address or a host name').default('127.0.0.1'),
  ROLECALL_PUBLIC_URL: text(isOrigin, 'not an origin, expected scheme, host and port alone')
    .transform(url => new URL(url).origin)
    .optional(),
  ROLECALL_TRUSTED_PROXIES: listOf(
    isAddressBlock,
    'not an IP address or a CIDR block narrower than everything, expected such as 10.0.0.7 or 10.1.0.0/16',
  ),
  ROLECALL_CORS_ORIGINS: listOf(
    isExactOrigin,
    'not an origin, expected https (http on loopback), host and port alone, as browsers write it',
  ),
  ROLECALL_DATA_DIR: z
    .string()
    .default('./data')
    .transform(path => resolve(path)),
  DATABASE_URL: text(
    isDatabaseUrl,
    'not a PostgreSQL address, expected postgres://user:password@host:port/database',
  ).optional(),
  ROLECALL_MAX_STALENESS_SECONDS: text(
    text => /^\d{1,4}$/.test(text) && Number(text) >= 2 && Number(text) <= 3600,
    'not a time, expected whole seconds from 2 to 3600',
  )
    .transform(Number)
    .default(60),
  ROLECALL_MASTER_KEY: masterKey(),
  ROLECALL_MASTER_KEY_PREVIOUS: masterKey(),
  ROLECALL_ACCOUNT_ID: text(/^\d{12}$/, 'not an account id, expected 12 digits').optional(),
  ROLECALL_ROOT_ACCESS_KEY_ID: text(
    /^(?!ASIA)[A-Z0-9]{16,128}$/,
    'not an access key id, expected 16 to 128 of A-Z and 0-9, not ASIA in front (that marks temporary keys)',
  ).optional(),
  ROLECALL_ROOT_SECRET_ACCESS_KEY: text(
    /^[\x21-\x7e]{16,128}$/,
    'not a secret access key, expected 16 to 128 visible characters without spaces',
  ).optional(),
  GOOGLE_CLIENT_ID: word(),
  GOOGLE_CLIENT_SECRET: word(),
  GOOGLE_ISSUER: endpoint().default('https://accounts.google.com'),
  GOOGLE_AUTHORIZATION_URL: endpoint().default('https://accounts.google.com/o/oauth2/v2/auth'),
  GOOGLE_TOKEN_URL: endpoint().default('https://oauth2.googleapis.com/token'),
  GOOGLE_JWKS_URL: endpoint().default('https://www.googleapis.com/oauth2/v3/certs'),
  FACEBOOK_APP_ID: word(),
  FACEBOOK_APP_SECRET: word(),
  FACEBOOK_DIALOG_URL: endpoint().optional(),
  FACEBOOK_GRAPH_URL: endpoint().default('https://graph.facebook.com'),
  FACEBOOK_GRAPH_VERSION: text(/^v\d{1,3}\.\d{1,2}$/, 'not a version, expected such as v26.0').default(
    'v26.0',
  ),
  ...samlSettings,
  ...directorySettings,
  ROLECALL_DEMO: oneOf(['auto', 'on', 'off']).default('auto'),
  ROLECALL_ALLOWED_PRIVATE_HOSTS: listOf(isHostAndPort, 'not a host, expected host or host:port'),
  ROLECALL_LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export type Settings = z.output<typeof settings>
export type SettingName = keyof Settings

export const settingNames: readonly string[] = Object.keys(settings.shape)

/** `localhost` and what is below it, 127.0.0.0/8, and ::1 with or without brackets. */
export function isLoopbackHost(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return /^(?:\[?::1\]?|(?:[a-z0-9-]+\.)*localhost)$/i.test(host)
}

function masterKey() {
  return text(isKey, 'not a key, expected 32 bytes in base64 (openssl rand -base64 32)')
    .transform(value => Buffer.from(value, 'base64'))
    .optional()
}

function isDatabaseUrl(value: string): boolean {
  const url = URL.parse(value)
  return (url?.protocol === 'postgres:' || url?.protocol === 'postgresql:') && url.pathname.length > 1
}

function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535
}

function isHost(value: string): boolean {
  return isIP(value) !== 0 || isHostName(value)
}

function isHostName(value: string): boolean {
  return (
    value.length <= 253 &&
    /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(value)
  )
}

function isHostAndPort(value: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(value) ?? []
  const host = bracketed === undefined ? isHostName(plain ?? '') : isIP(bracketed) === 6
  return host && (port === undefined || (isPort(port) && port !== '0'))
}

/** A prefix of 0 would trust every stranger's X-Forwarded-For, and `aws:SourceIp` would be theirs to choose. */
function isAddressBlock(value: string): boolean {
  const [, address = '', prefix] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/.exec(value) ?? []
  const family = isIP(address)
  const bits = prefix === undefined ? 32 : Number(prefix)
  return family !== 0 && bits > 0 && bits <= (family === 4 ? 32 : 128)
}

function isOrigin(value: string): boolean {
  const url = parseWebUrl(value)
  return url !== undefined && /^[^/?#]*\/\/[^/?#]+\/?$/.test(value)
}

/** As browsers write it; in plain text on loopback alone, where nobody else can serve the page. */
function isExactOrigin(value: string): boolean {
  const url = parseWebUrl(value)
  // No pattern is meant by one that only looks like it.
  if (url?.origin !== value || value.includes('*')) return false
  return url.protocol === 'https:' || isLoopbackHost(url.hostname)
}

/** Written out again it must be the same: base64 decoding alone drops what it does not know. */
function isKey(value: string): boolean {
  const bytes = Buffer.from(value, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === value
}

/** Kubernetes tells every container of a service that is called `ldap`, in variables of its own. */
function isOurs(name: string): boolean {
  return /^(?:ROLECALL_|LDAP_(?!SERVICE_|PORT(?:_|$)))/i.test(name)
}

/** A name that we would ignore is most likely a slip of the pen, and its owner believes that it counts. */
export function findUnknownNames(given: Readonly<Record<string, string>>): string[] {
  return Object.keys(given)
    .filter(name => isOurs(name) && !settingNames.includes(name))
    .map(name => {
      const distanceTo = (known: string) => editDistance(known, name.toUpperCase())
      const near = settingNames.toSorted((a, b) => distanceTo(a) - distanceTo(b))[0] ?? ''
      const hint = distanceTo(near) <= 6 ? `did you mean ${near}?` : 'see .env.example for those there are'
      return `${name}: no such setting, ${hint}`
    })
}

/** Levenshtein's: how many letters must be added, dropped or exchanged. */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1]
    for (const [left, other] of [...to].entries()) {
      const [added = 0, dropped = 0, kept = 0] = [next[left], row[left + 1], row[left]]
      next.push(Math.min(added + 1, dropped + 1, kept + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
