import type { Client, Filter } from 'ldapts'
import { Refusal } from '../base/refusal.ts'
import { dnKey } from './distinguished-name.ts'
import { type DirectoryEntry, readEntry } from './entry.ts'
import { fillFilter } from './fill-filter.ts'
import { primaryGroupSid } from './object-id.ts'
import type { DirectorySettings } from './settings.ts'

/** More is refused rather than cut off: a role that is denied to a group must not be had because it was left out. */
const mostGroups = 5_000
/** No server allows fewer, unless its operator says so. */
const pageSize = 100
/** Questions that are put into one. */
const mostAtOnce = 50

/**
 * The names of all groups that somebody is in, those that are in groups included, as the directory writes them. One that
 * lies elsewhere than the operator says groups are is walked through and not named: it may be anybody's to make.
 *
 * @throws {Refusal} password.refused when there are more groups than we would read: whoever can make groups could join
 *   so many that nobody sees which they have left
 */
export async function findGroups(
  client: Client,
  settings: DirectorySettings,
  person: DirectoryEntry,
): Promise<string[]> {
  const found = new Map<string, string>()
  const add = (dn: string): boolean => {
    const key = dnKey(dn) ?? dn
    if (found.has(key)) return false
    if (found.size >= mostGroups) {
      throw new Refusal('password.refused', { detail: `${person.dn} is in more than ${mostGroups} groups` })
    }
    found.set(key, dn)
    return true
  }
  const roots = [person.dn, ...(await findPrimaryGroup(client, settings, person))]
  roots.slice(1).forEach(add)
  if (walksChains(settings)) {
    for (const dn of roots) {
      for (const group of await search(client, settings, groupsOf(settings, dn, person))) add(group)
    }
  } else {
    const listed = person.all('memberOf').filter(add)
    await addStepByStep(client, settings, { person, from: [...roots.slice(1), ...listed], add })
  }
  return [...found].flatMap(([key, dn]) => (isBelow(key, settings.groupBaseDn) ? [dn] : []))
}

function isBelow(key: string, baseDn: string): boolean {
  const base = dnKey(baseDn)
  return base === undefined || key === base || key.endsWith(`,${base}`)
}

/** LDAP_MATCHING_RULE_IN_CHAIN: the server answers with the groups' groups as well. */
function walksChains({ groupFilter }: DirectorySettings): boolean {
  return groupFilter.includes(':1.2.840.113556.1.4.1941:=')
}

/** In AD the primary group lists nobody, and is in groups itself. */
async function findPrimaryGroup(
  client: Client,
  settings: DirectorySettings,
  person: DirectoryEntry,
): Promise<string[]> {
  const sid = primaryGroupSid(person.bytes('objectSid') ?? Buffer.alloc(0), person.one('primaryGroupID'))
  if (settings.kind !== 'ad' || sid === undefined) return []
  const { EqualityFilter } = await import('ldapts')
  return search(client, settings, new EqualityFilter({ attribute: 'objectSid', value: sid }))
}

type Walk = { person: DirectoryEntry; from: readonly string[]; add: (dn: string) => boolean }

/** Upwards, each group once: groups may be in each other. */
async function addStepByStep(
  client: Client,
  settings: DirectorySettings,
  { person, from, add }: Walk,
): Promise<void> {
  const direct = await search(client, settings, groupsOf(settings, person.dn, person))
  let next = [...from, ...direct.filter(add)]
  while (next.length > 0) {
    const these = next.slice(0, mostAtOnce)
    const filters = these.map(dn => fillFilter(settings.groupFilter, { dn, username: dn }))
    const above = await search(client, settings, `(|${filters.join('')})`)
    next = [...next.slice(mostAtOnce), ...above.filter(add)]
  }
}

/** Who has no account name, and any group, is told by its whole name: nobody's `memberUid` is that. */
function groupsOf({ groupFilter, kind }: DirectorySettings, dn: string, person: DirectoryEntry): string {
  const ownName = dn === person.dn ? person.one(kind === 'ad' ? 'sAMAccountName' : 'uid') : undefined
  return fillFilter(groupFilter, { dn, username: ownName ?? dn })
}

async function search(
  client: Client,
  { groupBaseDn }: DirectorySettings,
  filter: string | Filter,
): Promise<string[]> {
  const names: string[] = []
  const pages = client.searchPaginated(groupBaseDn, {
    scope: 'sub',
    filter,
    attributes: ['cn'],
    paged: { pageSize },
  })
  for await (const { searchEntries } of pages) {
    names.push(...searchEntries.map(entry => readEntry(entry).dn))
    if (names.length > mostGroups) break
  }
  return names
}
