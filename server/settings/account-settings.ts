import { resolve } from 'node:path'
import { z } from 'zod'
import { isLoopbackHost } from './hosts.ts'
import { type Given, pairRules, type Rule } from './rules.ts'
import { listOf, oneOf, parseWebUrl, text } from './setting-kinds.ts'

/** The environment variables about own accounts and the mail to their owners, each by itself. */
export const accountSettings = {
  ROLECALL_ACCOUNTS: oneOf(['on', 'off']).default('off'),
  ROLECALL_ACCOUNTS_REFUSED_PASSWORDS_FILE: z
    .string()
    .transform(path => resolve(path))
    .optional(),
  ROLECALL_ACCOUNTS_RETURN_URLS: listOf(
    isReturnUrl,
    'not an address to return to, expected https (http on loopback), host and path alone, as browsers write it',
    { caseSensitive: true },
  ),
  SMTP_URL: text(
    isSmtpUrl,
    'not a mail server, expected smtps://user:password@host or smtp:// with a host, and nothing behind its port',
  ).optional(),
  SMTP_FROM: text(
    /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$/,
    'not a mail address, expected such as rolecall@example.com',
  ).optional(),
}

type Sound = z.output<z.ZodObject<typeof accountSettings>>

export type AccountsConfig = Readonly<{
  /** One a line. */
  refusedPasswordsFile?: string | undefined
  /** Of apps that people are led back to, letter by letter. */
  returnUrls: readonly string[]
  /** Absent in development alone, where an outbox takes its place. */
  smtp?:
    | Readonly<{
        host: string
        port: number
        secure: boolean
        plain: boolean
        auth?: { user: string; pass: string } | undefined
        from: string
      }>
    | undefined
}>

export function accountsOf(sound: Sound): AccountsConfig | undefined {
  if (sound.ROLECALL_ACCOUNTS === 'off') return undefined
  return {
    refusedPasswordsFile: sound.ROLECALL_ACCOUNTS_REFUSED_PASSWORDS_FILE,
    returnUrls: sound.ROLECALL_ACCOUNTS_RETURN_URLS,
    smtp: smtpOf(sound),
  }
}

function smtpOf({ SMTP_URL, SMTP_FROM: from }: Sound): AccountsConfig['smtp'] {
  if (SMTP_URL === undefined || from === undefined) return undefined
  const { protocol, hostname, port, username, password } = new URL(SMTP_URL)
  const secure = protocol === 'smtps:'
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    plain: !secure && isNear(hostname),
    auth:
      username === ''
        ? undefined
        : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    from,
  }
}

export function accountRules(given: Given, sound: Sound, production: boolean): Rule<keyof Sound>[] {
  const isOn = sound.ROLECALL_ACCOUNTS === 'on'
  return [
    ...pairRules(given, 'SMTP_URL', 'SMTP_FROM'),
    [
      'SMTP_URL',
      isOn && production && given.SMTP_URL === undefined,
      'missing, expected in production together with ROLECALL_ACCOUNTS=on: codes go out by mail',
    ],
  ]
}

/** Without a query: whoever reads it would take options from there, such as not to check certificates. */
function isSmtpUrl(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || !/^smtps?:\/\/[^/?#\s]+\/?$/i.test(value)) return false
  try {
    return url.hostname !== '' && decodeURIComponent(url.username + url.password) !== undefined
  } catch {
    return false
  }
}

/** In plain text on loopback alone: whoever sits between would serve the app and read its passwords. */
function isReturnUrl(value: string): boolean {
  const url = parseWebUrl(value)
  if (url?.href !== value || /[?#*]/.test(value)) return false
  return url.protocol === 'https:' || isLoopbackHost(url.hostname)
}

/** This machine, and not a name that some name server says is. */
function isNear(host: string): boolean {
  return isLoopbackHost(host) && !/\.localhost$/i.test(host)
}
