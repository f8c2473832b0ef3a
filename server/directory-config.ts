import { isIP } from 'node:net'
import { usualFilters } from './directory/settings.ts'
import { directorySettings } from './directory-settings.ts'
import { isLoopbackHost, type SettingName, type Settings } from './settings.ts'

/** A directory to log in to, as the environment describes it. */
export type DirectoryConfig = Readonly<{
  /** The last part of its ARN, and what the sign-in page calls it. */
  name: string
  urls: readonly string[]
  kind: 'ad' | 'ldap'
  baseDn: string
  groupBaseDn: string
  bind?: { dn: string; password: string } | undefined
  caFile?: string | undefined
  startTls: boolean
  personFilter: string
  groupFilter: string
  groupRoles: readonly { groupDn: string; role: string }[]
  recheckMs: number
}>

export function directoryOf(sound: Settings): DirectoryConfig | undefined {
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

type Given = Readonly<Record<string, string>>
type Rule = readonly [name: SettingName, broken: boolean, problem: string]

/** Alone they say nothing. */
const defaults = ['LDAP_NAME', 'LDAP_START_TLS', 'LDAP_RECHECK_SECONDS']

/** The rules between its settings. */
export function directoryRules(given: Given, sound: Settings): Rule[] {
  const isMeant = Object.keys(given).some(name => name in directorySettings && !defaults.includes(name))
  const missing = (name: SettingName): Rule => [
    name,
    isMeant && given[name] === undefined,
    'missing, expected together with the other LDAP_ settings',
  ]
  const plain = sound.LDAP_URL.filter(url => url.startsWith('ldap:') && !isNear(url))
  return [
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

/** A host name that means this machine, and not one that some name server says so of. */
function isNear(url: string): boolean {
  const { hostname } = new URL(url)
  return (
    isLoopbackHost(hostname) &&
    (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || /^localhost$/i.test(hostname))
  )
}
