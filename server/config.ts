import type { OidcClient } from './identity/openid/client.ts'
import { type AccountsConfig, accountRules, accountsOf } from './settings/account-settings.ts'
import { type DatabasesConfig, databasesOf } from './settings/database-settings.ts'
import { type DirectoryConfig, directoryOf, directoryRules } from './settings/directory-settings.ts'
import { type GuestConfig, guestsOf } from './settings/guest-settings.ts'
import { isLoopbackHost } from './settings/hosts.ts'
import { masterKeyRules, masterKeysOf } from './settings/master-key-settings.ts'
import { readOidcClients } from './settings/openid-settings.ts'
import {
  type AmazonConfig,
  amazonOf,
  type FacebookConfig,
  facebookOf,
  type GoogleConfig,
  googleOf,
  passportRules,
} from './settings/passport-settings.ts'
import {
  findBroken,
  type Given,
  httpsRule,
  isLoopback,
  pairRules,
  parseEach,
  type Rule,
} from './settings/rules.ts'
import { type SamlConfig, samlOf } from './settings/saml-settings.ts'
import { type SecretsKmsConfig, secretRules, secretsKmsOf } from './settings/secret-settings.ts'
import { type SettingName, type Settings, settings } from './settings/settings.ts'
import { findUnknownNames } from './settings/unknown-names.ts'

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
  /** Where data keys of secrets are wrapped, if not under the master key. */
  secretsKms?: SecretsKmsConfig | undefined
  /** 12 digits. */
  accountId?: string | undefined
  rootAccessKey?: Readonly<{ id: string; secret: string }> | undefined
  google?: GoogleConfig | undefined
  facebook?: FacebookConfig | undefined
  amazon?: AmazonConfig | undefined
  saml: SamlConfig
  /** Active Directory or LDAP. */
  directory?: DirectoryConfig | undefined
  /** Whoever asks, without a proof. */
  guests?: GuestConfig | undefined
  /** Own accounts, where there are any. */
  accounts?: AccountsConfig | undefined
  /** At other OpenID providers. */
  oidcClients: readonly OidcClient[]
  /** How many secrets one node rotates at once. */
  rotationsAtOnce: number
  /** Whether the stand-in providers run. */
  demo: boolean
  /** Which may be logged in to, to change passwords there. */
  databases: DatabasesConfig
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

/**
 * Reads the configuration; the one place that knows the environment. An empty variable counts as unset.
 *
 * @throws {ConfigError} with all problems at once.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = withoutEmpty(env)
  const { sound, problems } = parseEach(settings, given)
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

function findContradictions(given: Given, sound: Settings, production: boolean): string[] {
  return findBroken([
    ...passportRules(given, sound, production),
    ...pairRules(given, 'ROLECALL_ROOT_ACCESS_KEY_ID', 'ROLECALL_ROOT_SECRET_ACCESS_KEY'),
    ...masterKeyRules(given, sound),
    ...secretRules(given, sound, production),
    ...productionRules(given, sound, production),
    ...directoryRules(given, sound),
    ...accountRules(given, sound, production),
  ])
}

function productionRules(given: Given, sound: Settings, production: boolean): Rule<SettingName>[] {
  const missing = (name: SettingName) => production && given[name] === undefined
  const demo = sound.ROLECALL_DEMO === 'on'
  return [
    ['ROLECALL_PUBLIC_URL', missing('ROLECALL_PUBLIC_URL'), 'missing, expected in production'],
    httpsRule('ROLECALL_PUBLIC_URL', sound.ROLECALL_PUBLIC_URL, production),
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
  ]
}

function composeConfig(sound: Settings, production: boolean, oidcClients: readonly OidcClient[]): Config {
  const google = googleOf(sound)
  const facebook = facebookOf(sound)
  const amazon = amazonOf(sound)
  const directory = directoryOf(sound)
  const accounts = accountsOf(sound)
  const isSetUp = [google, facebook, amazon, directory, accounts].some(one => one !== undefined)
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
    ...masterKeysOf(sound),
    secretsKms: secretsKmsOf(sound),
    accountId: sound.ROLECALL_ACCOUNT_ID,
    rootAccessKey: id !== undefined && secret !== undefined ? { id, secret } : undefined,
    google,
    facebook,
    amazon,
    saml: samlOf(sound),
    directory,
    guests: guestsOf(sound),
    accounts,
    oidcClients,
    rotationsAtOnce: sound.ROLECALL_ROTATIONS_AT_ONCE,
    demo: sound.ROLECALL_DEMO === 'on' || (sound.ROLECALL_DEMO === 'auto' && quiet),
    databases: databasesOf(sound),
    allowedPrivateHosts: sound.ROLECALL_ALLOWED_PRIVATE_HOSTS,
    logLevel: sound.ROLECALL_LOG_LEVEL,
  }
}

function publicUrlOf(sound: Settings): string {
  return sound.ROLECALL_PUBLIC_URL ?? `http://localhost:${sound.PORT}`
}

/** Passwords and whatever is not sealed cross the network to a database. */
function isGuarded(databaseUrl: string): boolean {
  const { hostname, searchParams } = new URL(databaseUrl)
  // The driver goes to the last `host` of the query, whatever stands before it; one with a slash is a socket.
  const host = searchParams.getAll('host').at(-1) || hostname
  const isNear = host === '' || host.startsWith('/') || isLoopbackHost(host)
  return isNear || searchParams.getAll('sslmode').join() === 'verify-full'
}
