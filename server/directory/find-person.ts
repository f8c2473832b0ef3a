import type { Client, Filter } from 'ldapts'
import { type DirectoryEntry, readEntry } from './entry.ts'
import { fillFilter } from './fill-filter.ts'
import { guidBytes } from './object-id.ts'
import type { DirectorySettings } from './settings.ts'

/** Asked for by name: `*` would leave out what servers compute, and bring photographs. */
const attributes = {
  ad: `objectGUID objectSid primaryGroupID sAMAccountName userPrincipalName mail displayName cn userAccountControl
    msDS-User-Account-Control-Computed accountExpires pwdLastSet`.split(/\s+/),
  ldap: `entryUUID uid mail displayName cn memberOf nsAccountLock pwdAccountLockedTime pwdReset pwdEndTime`.split(
    /\s+/,
  ),
}
const binaryAttributes = ['objectGUID', 'objectSid']

/** By how sure each is to mean one person: a mail address can often be set by its owner, to somebody else's name. */
const nameAttributes = {
  ad: ['sAMAccountName', 'userPrincipalName', 'mail'],
  ldap: ['uid', 'mail'],
}

/** Enough to see that a name means more than one person. */
const mostFound = 10

export type Found = { entry: DirectoryEntry } | { entry?: undefined; why: string }

/**
 * Who is meant by a name. Of several the one who has it as their account's name; else nobody.
 *
 * @throws what the network or the directory said
 */
export async function findPerson(
  client: Client,
  settings: DirectorySettings,
  username: string,
): Promise<Found> {
  const filter = fillFilter(settings.personFilter, { username })
  const entries = await search(client, settings, filter)
  const [first, ...others] = entries
  if (first === undefined) return { why: 'nobody has this name' }
  if (others.length === 0) return { entry: first }
  // What was cut off may hold the one that is meant.
  if (entries.length >= mostFound) return { why: 'too many people have this name' }
  for (const attribute of nameAttributes[settings.kind]) {
    const called = entries.filter(entry => isCalled(entry, attribute, username))
    const [only] = called
    if (called.length === 1 && only !== undefined) return { entry: only }
    if (called.length > 1) break
  }
  return { why: `${entries.length} people have this name` }
}

/** Somebody who was found before, wherever in the directory they are now. */
export async function findPersonById(
  client: Client,
  settings: DirectorySettings,
  id: string,
): Promise<DirectoryEntry | undefined> {
  const { EqualityFilter } = await import('ldapts')
  const filter =
    settings.kind === 'ad'
      ? new EqualityFilter({ attribute: 'objectGUID', value: guidBytes(id) })
      : new EqualityFilter({ attribute: 'entryUUID', value: id })
  const [entry] = await search(client, settings, filter)
  return entry
}

async function search(
  client: Client,
  { kind, baseDn }: DirectorySettings,
  filter: string | Filter,
): Promise<DirectoryEntry[]> {
  const { searchEntries } = await client.search(baseDn, {
    scope: 'sub',
    filter,
    attributes: attributes[kind],
    explicitBufferAttributes: binaryAttributes,
    sizeLimit: mostFound,
  })
  return searchEntries.map(readEntry)
}

function isCalled(entry: DirectoryEntry, attribute: string, username: string): boolean {
  const plain = (text: string) => text.normalize('NFC').toLowerCase()
  return entry.all(attribute).some(value => plain(value) === plain(username))
}
