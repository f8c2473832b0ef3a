import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { dnKey } from '../directory/distinguished-name.ts'
import { type DirectorySettings, usualFilters } from '../directory/settings.ts'
import { isLoopbackHost } from './hosts.ts'
import { type Given, pairRules, type Rule } from './rules.ts'
import { oneOf, text } from './setting-kinds.ts'

/** The environment variables about a directory, each by itself. */
export const directorySettings = {
  LDAP_URL: z
    .string()
    .transform(value => value.split(',').map(entry => entry.trim()))
    .refine(
      urls => urls.every(isDirectoryUrl),
      'not directory addresses, expected ldaps://host or ldap://host, with commas between',
    )
    .default([]),
  LDAP_KIND: oneOf(['ad', 'ldap']).optional(),
  LDAP_NAME: text(/^[\w._-]{1,64}$/, 'not a name, expected 1 to 64 of letters, digits, _ . -').default(
    'directory',
  ),
  LDAP_BASE_DN: dn(),
  LDAP_GROUP_BASE_DN: dn(),
  LDAP_BIND_DN: text(/^[^\0]{1,1024}$/, 'not a name to sign in with').optional(),
  LDAP_BIND_PASSWORD: text(/^[^\0]{1,1024}$/, 'not a password').optional(),
  LDAP_CA_FILE: z
    .string()
    .transform(path => resolve(path))
    .optional(),
  LDAP_START_TLS: oneOf(['on', 'off']).default('off'),
  LDAP_PERSON_FILTER: filter('{username}'),
  LDAP_GROUP_FILTER: filter('{dn}'),
  LDAP_GROUP_ROLES: z
    .string()
    .transform((value, context) => {
      const rules = readGroupRoles(value)
      if (rules !== undefined) return rules
      context.addIssue({
        code: 'custom',
        message: 'not rules, expected {"a group\'s DN": "a role\'s name or ARN", ...} in JSON',
      })
      return z.NEVER
    })
    .default([]),
  LDAP_RECHECK_SECONDS: text(
    text => /^\d{1,3}$/.test(text) && Number(text) >= 2 && Number(text) <= 300,
    'not a time, expected whole seconds from 2 to 300',
  )
    .transform(Number)
    .default(300),
}

type Sound = z.output<z.ZodObject<typeof directorySettings>>

/** A directory to log in to, as the environment describes it. */
export type DirectoryConfig = Readonly<
  Omit<DirectorySettings, 'ca'> & {
    /** The last part of its ARN, and what the sign-in page calls it. */
    name: string
    /** Whom it is trusted for, instead of the system's certificate authorities. */
    caFile?: string | undefined
    groupRoles: readonly { groupDn: string; role: string }[]
    recheckMs: number
  }
>

export function directoryOf(sound: Sound): DirectoryConfig | undefined {
  const { LDAP_URL: urls, LDAP_KIND: kind, LDAP_BASE_DN: baseDn } = sound
  if (urls.length === 0 || kind === undefined || baseDn === undefined) return undefined
  const { LDAP_BIND_DN: dn, LDAP_BIND_PASSWORD: password } = sound
  return {
    name: sound.LDAP_NAME,
    urls,
    kind,
    baseDn,
    groupBaseDn: sound.LDAP_GROUP_BASE_DN ?? baseDn,
    bind: dn === undefined || password === undefined ? undefined : { dn, password },
    caFile: sound.LDAP_CA_FILE,
    startTls: sound.LDAP_START_TLS === 'on',
    personFilter: sound.LDAP_PERSON_FILTER ?? usualFilters[kind].personFilter,
    groupFilter: sound.LDAP_GROUP_FILTER ?? usualFilters[kind].groupFilter,
    groupRoles: sound.LDAP_GROUP_ROLES,
    recheckMs: sound.LDAP_RECHECK_SECONDS * 1000,
  }
}

/** Alone they say nothing. */
const defaults = ['LDAP_NAME', 'LDAP_START_TLS', 'LDAP_RECHECK_SECONDS']

/** The rules between its settings. */
export function directoryRules(given: Given, sound: Sound): Rule<keyof Sound>[] {
  const isMeant = Object.keys(given).some(name => name in directorySettings && !defaults.includes(name))
  const missing = (name: keyof Sound): Rule<keyof Sound> => [
    name,
    isMeant && given[name] === undefined,
    'missing, expected together with the other LDAP_ settings',
  ]
  const plain = sound.LDAP_URL.filter(url => url.startsWith('ldap:') && !isNear(url))
  return [
    ...pairRules(given, 'LDAP_BIND_DN', 'LDAP_BIND_PASSWORD'),
    missing('LDAP_URL'),
    missing('LDAP_KIND'),
    missing('LDAP_BASE_DN'),
    [
      'LDAP_URL',
      plain.length > 0 && sound.LDAP_START_TLS === 'off',
      'passwords would cross the network in plain text, expected ldaps://, LDAP_START_TLS=on, or loopback',
    ],
    [
      'LDAP_BIND_DN',
      sound.LDAP_KIND === 'ad' && given.LDAP_BIND_DN === undefined,
      'missing, expected for Active Directory, which answers nobody who is not signed in',
    ],
  ]
}

function dn() {
  return text(isDn, 'not a distinguished name, expected such as ou=people,dc=example,dc=com').optional()
}

function filter(placeholder: string) {
  const isFilter = (value: string) => /^\(.+\)$/s.test(value) && value.includes(placeholder)
  return text(isFilter, `not a filter, expected one in parentheses with ${placeholder} in it`).optional()
}

function isDirectoryUrl(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || !/^ldaps?:\/\/[^/?#@\\]+\/?$/i.test(value)) return false
  return url.hostname !== ''
}

function isDn(value: string): boolean {
  return dnKey(value) !== undefined
}

/** `{"<a group's name>": "<a role's name or ARN>", ...}`, or with a list of roles; in the order of their rank. */
function readGroupRoles(text: string): { groupDn: string; role: string }[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    const rules = Object.entries(parsed).flatMap(([groupDn, roles]) =>
      [roles].flat().map(role => ({ groupDn, role })),
    )
    return rules.every(({ groupDn, role }) => isDn(groupDn) && isRoleName(role)) ? rules : undefined
  } catch {
    return undefined
  }
}

/** A role's name, with its path where it has one, or its ARN. */
export function isRoleName(role: unknown): role is string {
  return (
    typeof role === 'string' &&
    /^(?:arn:aws:iam::\d{12}:role\/)?(?:[\x21-\x7e]+\/)?[\w+=,.@-]{1,64}$/.test(role)
  )
}

/** A host name that means this machine, and not one that some name server says so of. */
function isNear(url: string): boolean {
  const { hostname } = new URL(url)
  return (
    isLoopbackHost(hostname) &&
    (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || /^localhost$/i.test(hostname))
  )
}
