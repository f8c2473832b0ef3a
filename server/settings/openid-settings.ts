import { resolve } from 'node:path'
import { z } from 'zod'
import { type OidcClient, servesManyTenants } from '../identity/openid/client.ts'
import { findBroken, type Given, httpsRule, parseEach, type Rule } from './rules.ts'
import { endpoint, listOf, oneOf, text, word } from './setting-kinds.ts'
import { editDistance } from './unknown-names.ts'

/** What says all of one OpenID provider: the variables `OIDC_<NAME>_...`, as many groups of them as there are names. */
const members = z.object({
  ISSUER: endpoint().optional(),
  CLIENT_ID: word(),
  CLIENT_SECRET: word(),
  TITLE: text(/^[^\p{C}]{1,40}$/u, 'not a title, expected 1 to 40 characters').optional(),
  SCOPES: text(isScopes, 'not scopes, expected words with one space between, openid among them').default(
    'openid profile email',
  ),
  PRESET: oneOf(['entra', 'apple']).optional(),
  TENANTS: listOf(isGuid, 'not a tenant, expected its id such as 72f988bf-86f1-41af-91ab-2d7cd011db47'),
  GRAPH_URL: endpoint().optional(),
  TEAM_ID: text(isAppleId, 'not a team id, expected 10 of A-Z and 0-9').optional(),
  KEY_ID: text(isAppleId, 'not a key id, expected 10 of A-Z and 0-9').optional(),
  KEY_FILE: z
    .string()
    .transform(path => resolve(path))
    .optional(),
})

type Members = z.output<typeof members>
type Member = keyof Members
type Group = { name: string; prefix: string; given: Given; sound: Members }

export const oidcSettingNames = Object.keys(members.shape) as Member[]

const pattern = new RegExp(`^OIDC_([A-Z0-9]+(?:_[A-Z0-9]+)*)_(${oidcSettingNames.join('|')})$`)
/** Paths below /sign-in/ that are other ways in, or may come to be. */
const takenNames = [
  'GOOGLE',
  'FACEBOOK',
  'AMAZON',
  'SAML',
  'DIRECTORY',
  'ARRIVED',
  'LDAP',
  'PASSWORD',
  'GUEST',
  'ACCOUNTS',
]
const onlyWith = {
  entra: ['TENANTS', 'GRAPH_URL'],
  apple: ['TEAM_ID', 'KEY_ID', 'KEY_FILE'],
} as const satisfies Record<string, readonly Member[]>

/** The clients at OpenID providers, by the names of their groups, and everything that is wrong with them. */
export function readOidcClients(
  given: Given,
  production: boolean,
): { clients: OidcClient[]; problems: string[] } {
  const problems: string[] = []
  const byName = new Map<string, Record<string, string>>()
  for (const variable of Object.keys(given).filter(name => /^OIDC_/i.test(name))) {
    const [, name, member] = pattern.exec(variable) ?? []
    if (name === undefined || member === undefined) problems.push(unknownName(variable))
    else byName.set(name, { ...byName.get(name), [member]: given[variable] ?? '' })
  }
  const groups = [...byName].map(([name, values]): Group => {
    const prefix = `OIDC_${name}_`
    const { sound, problems: wrong } = parseEach(members, values, prefix)
    problems.push(...wrong)
    return { name, prefix, given: values, sound }
  })
  for (const group of groups) {
    const rules = [...togetherRules(group), ...presetRules(group), ...httpsRules(group, production)]
    problems.push(...findBroken(rules, group.prefix))
  }
  return { clients: problems.length > 0 ? [] : groups.map(clientOf), problems }
}

function togetherRules({ name, prefix, given }: Group): Rule<Member>[] {
  const other = `${prefix}${Object.keys(given)[0]}`
  const apple = given.PRESET === 'apple'
  const needed: readonly Member[] = apple
    ? ['ISSUER', 'CLIENT_ID', ...onlyWith.apple]
    : ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET']
  return [
    ...needed.map((member): Rule<Member> => {
      return [member, given[member] === undefined, `missing, expected together with ${other}`]
    }),
    ['CLIENT_SECRET', apple && given.CLIENT_SECRET !== undefined, 'of no use, Apple’s is made from KEY_FILE'],
    ['ISSUER', takenNames.includes(name), `the name ${name} is that of another way in, expected another`],
  ]
}

function presetRules({ given, sound }: Group): Rule<Member>[] {
  const isMany = given.PRESET === 'entra' && sound.ISSUER !== undefined && servesManyTenants(sound.ISSUER)
  const misplaced = Object.entries(onlyWith).flatMap(([preset, names]) =>
    names.map((member): Rule<Member> => {
      const broken = given[member] !== undefined && given.PRESET !== preset
      return [member, broken, `of no use, expected only together with PRESET=${preset}`]
    }),
  )
  return [
    ...misplaced,
    [
      'TENANTS',
      isMany && given.TENANTS === undefined,
      'missing, expected the tenants whose people may sign in, since this issuer stands for all there are',
    ],
    [
      'TENANTS',
      given.PRESET === 'entra' && given.TENANTS !== undefined && sound.ISSUER !== undefined && !isMany,
      'of no use, expected only with an issuer that ends in /organizations/v2.0 or /common/v2.0',
    ],
  ]
}

function httpsRules({ sound }: Group, production: boolean): Rule<Member>[] {
  return (['ISSUER', 'GRAPH_URL'] as const).map(member => httpsRule(member, sound[member], production))
}

function clientOf({ name, sound }: Group): OidcClient {
  const { PRESET: preset, TEAM_ID: teamId = '', KEY_ID: keyId = '', KEY_FILE: keyFile = '' } = sound
  const { GRAPH_URL: graphUrl = 'https://graph.microsoft.com/v1.0', TENANTS: tenants } = sound
  const words = name.toLowerCase().replaceAll('_', ' ')
  return {
    name: name.toLowerCase().replaceAll('_', '-'),
    title: sound.TITLE ?? words.charAt(0).toUpperCase() + words.slice(1),
    issuer: sound.ISSUER ?? '',
    clientId: sound.CLIENT_ID ?? '',
    clientSecret: sound.CLIENT_SECRET,
    scopes: sound.SCOPES,
    entra: preset === 'entra' ? { tenants, graphUrl: graphUrl.replace(/\/+$/, '') } : undefined,
    apple: preset === 'apple' ? { teamId, keyId, keyFile } : undefined,
  }
}

/** One that we would ignore is most likely a slip of the pen: a provider that its owner believes is set up. */
function unknownName(variable: string): string {
  const upper = variable.toUpperCase()
  const near = oidcSettingNames
    .map(member => {
      // The group's name is whatever stands before as many words as the member has.
      const words = upper.split('_')
      const name = words.slice(1, Math.max(2, words.length - member.split('_').length)).join('_')
      return `OIDC_${name}_${member}`
    })
    .toSorted((a, b) => editDistance(a, upper) - editDistance(b, upper))[0]
  const hint = near !== undefined && editDistance(near, upper) <= 4 ? `did you mean ${near}?` : undefined
  return `${variable}: no such setting, ${hint ?? 'expected OIDC_<NAME>_ISSUER and the others in .env.example'}`
}

function isScopes(value: string): boolean {
  return (
    /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(value) &&
    value.split(' ').includes('openid')
  )
}

function isGuid(value: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
}

function isAppleId(value: string): boolean {
  return /^[A-Z0-9]{10}$/.test(value)
}
