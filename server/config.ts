import { type DirectoryConfig, directoryOf, directoryRules } from './directory-config.ts'
import type { OidcClient } from './identity/openid/client.ts'
import { readOidcClients } from './oidc-settings.ts'
import { type FacebookClient, facebookOf, type GoogleClient, googleOf } from './passport-config.ts'
import { type SamlConfig, samlOf } from './saml-settings.ts'
import { findUnknownNames, isLoopbackHost, type SettingName, type Settings, settings } from './settings.ts'

export type Config = Readonly<{
  /** NODE_ENV=production, or a public URL that is not loopback. */
  production: boolean
  /** 0 lets the system choose: see `listeningOn`. */
  port: number
  host: string
  /** An origin, without a slash at its end. */
  publicUrl: string
  /** IP addresses and CIDR blocks. */
  trustedProxies: readonly string[]
  /** Of pages elsewhere that may call us. */
  corsOrigins: readonly string[]
  /** Absolute. */
  dataDir: string
  /** A PostgreSQL database that several nodes may share, in the place of the embedded store. */
  databaseUrl?: string | undefined
  /** How long a node that is cut off from it goes on by what it knew. */
  maxStalenessMs: number
  /** 32 bytes each. */
  masterKey?: Buffer | undefined
  previousMasterKey?: Buffer | undefined
  /** 12 digits. */
  accountId?: string | undefined
  rootAccessKey?: Readonly<{ id: string; secret: string }> | undefined
  google?: GoogleClient | undefined
  facebook?: FacebookClient | undefined
  saml: SamlConfig
  /** Active Directory or LDAP. */
  directory?: DirectoryConfig | undefined
  /** At other OpenID providers. */
  oidcClients: readonly OidcClient[]
  /** Whether the stand-in providers run. */
  demo: boolean
  /** `host` or `host:port`, lower case: private addresses that may be called all the same. */
  allowedPrivateHosts: readonly string[]
  logLevel: Settings['ROLECALL_LOG_LEVEL']
}>

/** Everything that is wrong, at once. A problem names its variable and never repeats a value. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`the configuration has ${problems.length} problem(s):\n${problems.join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

type Given = Readonly<Record<string, string>>
type Rule = readonly [name: SettingName, broken: boolean, problem: string]

/** Those that mean nothing without the other. */
const togetherOnly = [
  ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
  ['GOOGLE_CLIENT_SECRET', 'GOOGLE_CLIENT_ID'],
  ['FACEBOOK_APP_ID', 'FACEBOOK_APP_SECRET'],
  ['FACEBOOK_APP_SECRET', 'FACEBOOK_APP_ID'],
  ['ROLECALL_ROOT_ACCESS_KEY_ID', 'ROLECALL_ROOT_SECRET_ACCESS_KEY'],
  ['ROLECALL_ROOT_SECRET_ACCESS_KEY', 'ROLECALL_ROOT_ACCESS_KEY_ID'],
  ['ROLECALL_MASTER_KEY', 'ROLECALL_MASTER_KEY_PREVIOUS'],
  ['LDAP_BIND_DN', 'LDAP_BIND_PASSWORD'],
  ['LDAP_BIND_PASSWORD', 'LDAP_BIND_DN'],
] as const

const endpoints = [
  'GOOGLE_ISSUER',
  'GOOGLE_AUTHORIZATION_URL',
  'GOOGLE_TOKEN_URL',
  'GOOGLE_JWKS_URL',
  'FACEBOOK_DIALOG_URL',
  'FACEBOOK_GRAPH_URL',
] as const

/**
 * Reads the configuration; the one place that knows the environment. An empty variable counts as unset.
 *
 * @throws {ConfigError} with all problems at once.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = withoutEmpty(env)
  const { sound, problems } = parseEach(given)
  const production = sound.NODE_ENV === 'production' || !isLoopback(publicUrlOf(sound))
  const oidc = readOidcClients(given, production)
  problems.push(...findContradictions(given, sound, production), ...oidc.problems, ...findUnknownNames(given))
  if (problems.length > 0) throw new ConfigError(problems)
  return composeConfig(sound, production, oidc.clients)
}

/** The configuration of a server that listens: after PORT=0 its port, and the default public URL, are known only then. */
export function listeningOn(config: Config, port: number): Config {
  return { ...config, port, publicUrl: config.publicUrl.replace(/:0$/, `:${port}`) }
}

function withoutEmpty(env: Readonly<Record<string, string | undefined>>): Given {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    const trimmed = value?.trim()
    if (trimmed) given[name] = trimmed
  }
  return given
}

/** What does not parse falls back to its default, so that the rules between settings can still be checked. */
function parseEach(given: Given): { sound: Settings; problems: string[] } {
  const result = settings.safeParse(given)
  if (result.success) return { sound: result.data, problems: [] }
  const rest = { ...given }
  for (const { path } of result.error.issues) delete rest[String(path[0])]
  const problems = result.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`)
  return { sound: settings.parse(rest), problems }
}

/** The rules between settings. */
function findContradictions(given: Given, sound: Settings, production: boolean): string[] {
  const rules = [
    ...pairRules(given, sound),
    ...productionRules(given, sound, production),
    ...directoryRules(given, sound),
  ]
  return rules.flatMap(([name, broken, problem]) => (broken ? [`${name}: ${problem}`] : []))
}

function pairRules(given: Given, sound: Settings): Rule[] {
  const { ROLECALL_MASTER_KEY: key, ROLECALL_MASTER_KEY_PREVIOUS: previous } = sound
  const same = key !== undefined && previous !== undefined && key.equals(previous)
  return [
    ...togetherOnly.map(([name, other]): Rule => {
      const alone = given[name] === undefined && given[other] !== undefined
      return [name, alone, `missing, expected together with ${other}`]
    }),
    [
      'ROLECALL_MASTER_KEY',
      given.DATABASE_URL !== undefined && given.ROLECALL_MASTER_KEY === undefined,
      'missing, expected together with DATABASE_URL: all nodes need the same one',
    ],
    ['ROLECALL_MASTER_KEY_PREVIOUS', same, 'the same as ROLECALL_MASTER_KEY, expected the key before it'],
  ]
}

function productionRules(given: Given, sound: Settings, production: boolean): Rule[] {
  const missing = (name: SettingName) => production && given[name] === undefined
  const demo = sound.ROLECALL_DEMO === 'on'
  const https = 'not https, expected https in production, and beyond loopback always'
  return [
    ['ROLECALL_PUBLIC_URL', missing('ROLECALL_PUBLIC_URL'), 'missing, expected in production'],
    ['ROLECALL_PUBLIC_URL', production && isPlain(sound.ROLECALL_PUBLIC_URL), https],
    [
      'ROLECALL_TRUSTED_PROXIES',
      missing('ROLECALL_TRUSTED_PROXIES'),
      'missing, expected in production the address of the proxy in front, which ends TLS',
    ],
    [
      'DATABASE_URL',
      production && sound.DATABASE_URL !== undefined && !isGuarded(sound.DATABASE_URL),
      'reached in plain text, expected sslmode=verify-full in production, or loopback',
    ],
    ['ROLECALL_DEMO', demo && production, 'on in production, expected off: its people need no password'],
    [
      'ROLECALL_DEMO',
      demo && !isLoopbackHost(sound.HOST),
      'on beyond loopback, expected HOST=127.0.0.1 or off',
    ],
    ...endpoints.map((name): Rule => {
      const url = sound[name]
      return [name, isPlain(url) && (production || !isLoopback(url)), https]
    }),
  ]
}

function composeConfig(sound: Settings, production: boolean, oidcClients: readonly OidcClient[]): Config {
  const google = googleOf(sound)
  const facebook = facebookOf(sound)
  const directory = directoryOf(sound)
  const isSetUp = google !== undefined || facebook !== undefined || directory !== undefined
  const quiet = !isSetUp && oidcClients.length === 0 && !production && isLoopbackHost(sound.HOST)
  const { ROLECALL_ROOT_ACCESS_KEY_ID: id, ROLECALL_ROOT_SECRET_ACCESS_KEY: secret } = sound
  return {
    production,
    port: sound.PORT,
    host: sound.HOST,
    publicUrl: publicUrlOf(sound),
    trustedProxies: sound.ROLECALL_TRUSTED_PROXIES,
    corsOrigins: sound.ROLECALL_CORS_ORIGINS,
    dataDir: sound.ROLECALL_DATA_DIR,
    databaseUrl: sound.DATABASE_URL,
    maxStalenessMs: sound.ROLECALL_MAX_STALENESS_SECONDS * 1000,
    masterKey: sound.ROLECALL_MASTER_KEY,
    previousMasterKey: sound.ROLECALL_MASTER_KEY_PREVIOUS,
    accountId: sound.ROLECALL_ACCOUNT_ID,
    rootAccessKey: id !== undefined && secret !== undefined ? { id, secret } : undefined,
    google,
    facebook,
    saml: samlOf(sound),
    directory,
    oidcClients,
    demo: sound.ROLECALL_DEMO === 'on' || (sound.ROLECALL_DEMO === 'auto' && quiet),
    allowedPrivateHosts: sound.ROLECALL_ALLOWED_PRIVATE_HOSTS,
    logLevel: sound.ROLECALL_LOG_LEVEL,
  }
}

function publicUrlOf(sound: Settings): string {
  return sound.ROLECALL_PUBLIC_URL ?? `http://localhost:${sound.PORT}`
}

function isPlain(url: string | undefined): url is string {
  return url !== undefined && new URL(url).protocol === 'http:'
}

/** Passwords and whatever is not sealed cross the network to a database. */
function isGuarded(databaseUrl: string): boolean {
  const { hostname, searchParams } = new URL(databaseUrl)
  // The driver goes to the last `host` of the query, whatever stands before it; one with a slash is a socket.
  const host = searchParams.getAll('host').at(-1) || hostname
  const isNear = host === '' || host.startsWith('/') || isLoopbackHost(host)
  return isNear || searchParams.getAll('sslmode').join() === 'verify-full'
}

function isLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname)
}
