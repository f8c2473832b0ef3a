import { resolve } from 'node:path'
import { z } from 'zod'
import { accountSettings } from './account-settings.ts'
import { databaseSettings } from './database-settings.ts'
import { directorySettings } from './directory-settings.ts'
import { guestSettings } from './guest-settings.ts'
import { isAddressBlock, isHost, isHostAndPort, isLoopbackHost, isPort } from './hosts.ts'
import { masterKeySettings } from './master-key-settings.ts'
import { passportSettings } from './passport-settings.ts'
import { samlSettings } from './saml-settings.ts'
import { secretSettings } from './secret-settings.ts'
import { listOf, oneOf, parseWebUrl, text } from './setting-kinds.ts'

/**
 * Every environment variable that Rolecall reads, but for those of OpenID providers (`openid-settings.ts`), each by itself.
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
  ...masterKeySettings,
  ...secretSettings,
  ROLECALL_ACCOUNT_ID: text(/^\d{12}$/, 'not an account id, expected 12 digits').optional(),
  ROLECALL_ROOT_ACCESS_KEY_ID: text(
    /^(?!ASIA)[A-Z0-9]{16,128}$/,
    'not an access key id, expected 16 to 128 of A-Z and 0-9, not ASIA in front (that marks temporary keys)',
  ).optional(),
  ROLECALL_ROOT_SECRET_ACCESS_KEY: text(
    /^[\x21-\x7e]{16,128}$/,
    'not a secret access key, expected 16 to 128 visible characters without spaces',
  ).optional(),
  ...passportSettings,
  ...samlSettings,
  ...directorySettings,
  ...guestSettings,
  ...accountSettings,
  ...databaseSettings,
  ROLECALL_DEMO: oneOf(['auto', 'on', 'off']).default('auto'),
  ROLECALL_ALLOWED_PRIVATE_HOSTS: listOf(isHostAndPort, 'not a host, expected host or host:port'),
  ROLECALL_LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export type Settings = z.output<typeof settings>
export type SettingName = keyof Settings

export const settingNames: readonly string[] = Object.keys(settings.shape)

function isDatabaseUrl(value: string): boolean {
  const url = URL.parse(value)
  return (url?.protocol === 'postgres:' || url?.protocol === 'postgresql:') && url.pathname.length > 1
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
