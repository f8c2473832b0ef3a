import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { type AccountState, accountState } from './account-state.ts'
import { checkPassword } from './check-password.ts'
import { type ConnectionLog, type Connections, createConnections, type Deadline } from './connections.ts'
import type { DirectoryEntry } from './entry.ts'
import { findGroups } from './find-groups.ts'
import { findPerson, findPersonById } from './find-person.ts'
import { guidText } from './object-id.ts'
import type { DirectorySettings } from './settings.ts'

/** Somebody, as the directory knows them now. */
export type DirectoryPerson = {
  /** AD's objectGUID, or entryUUID (RFC 4530): never given twice, unlike a name. */
  id: string
  dn: string
  /** Their account's name. */
  username: string
  /** userPrincipalName, in AD. */
  upn?: string
  displayName?: string
  email?: string
  /** The names of all their groups, nested ones too, as the directory writes them. */
  groups: readonly string[]
}

export type Directory = {
  /**
   * @throws {Refusal} password.refused (whatever the cause; the log has it) | issuer.unreachable
   */
  logIn(username: string, password: string): Promise<DirectoryPerson>
  /**
   * Somebody who logged in before, or why they could not today. An account that is locked is looked up like any other:
   * anybody can lock anybody's by guessing, and their own to keep what they lose meanwhile.
   * @throws {Refusal} issuer.unreachable
   */
  lookAgain(
    id: string,
  ): Promise<
    DirectoryPerson | { gone: Exclude<AccountState, 'active' | 'locked'> | 'missing' | 'unreadable' }
  >
  close(): Promise<void>
}

/** All that a person waits for, whatever fails meanwhile. */
const patienceMs = 4_500

export function createDirectory(settings: DirectorySettings, clock: Clock, log: ConnectionLog): Directory {
  const connections = createConnections(settings, log)
  const { kind, baseDn } = settings

  async function logIn(username: string, password: string): Promise<DirectoryPerson> {
    requireSane(username, password)
    const until = performance.now() + patienceMs
    const found = await connections.asService(client => findPerson(client, settings, username), until)
    // A name that is nobody's costs a bind as well: what takes longer would tell names apart.
    const dn = found.entry?.dn ?? `cn=${randomUUID()},${baseDn}`
    const checked = await connections.asNobody(client => checkPassword(client, dn, password), until)
    if (found.entry === undefined) throw refused(found.why)
    if (!checked.isRight) throw refused(`${dn}: ${checked.why}`)
    const state = accountState(found.entry, kind, clock())
    if (state !== 'active') throw refused(`${dn}: ${state}`)
    return readPerson(found.entry, connections.asService, until)
  }

  async function lookAgain(id: string) {
    const until = performance.now() + patienceMs
    const entry = await connections.asWatcher(client => findPersonById(client, settings, id), until)
    if (entry === undefined) return { gone: 'missing' as const }
    const state = accountState(entry, kind, clock())
    if (state !== 'active' && state !== 'locked') return { gone: state }
    try {
      return await readPerson(entry, connections.asWatcher, until)
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'password.refused')
        return { gone: 'unreadable' as const }
      throw error
    }
  }

  async function readPerson(
    entry: DirectoryEntry,
    ask: Connections['asService'],
    until: Deadline,
  ): Promise<DirectoryPerson> {
    const { id, username } = idsOf(entry, kind)
    if (id === undefined || username === undefined) {
      throw refused(`${entry.dn} has no ${id === undefined ? 'identifier' : 'account name'} that may be read`)
    }
    const groups = await ask(client => findGroups(client, settings, entry), until)
    const upn = entry.one('userPrincipalName')
    const displayName = entry.one('displayName') ?? entry.one('cn')
    const email = entry.one('mail')
    return {
      id,
      dn: entry.dn,
      username,
      ...(upn === undefined ? {} : { upn }),
      ...(displayName === undefined ? {} : { displayName }),
      ...(email === undefined ? {} : { email }),
      groups,
    }
  }

  return { logIn, lookAgain, close: connections.close }
}

export function idsOf(entry: DirectoryEntry, kind: DirectorySettings['kind']) {
  if (kind === 'ldap') return { id: entry.one('entryUUID')?.toLowerCase(), username: entry.one('uid') }
  const guid = entry.bytes('objectGUID')
  return { id: guid && guidText(guid), username: entry.one('sAMAccountName') }
}

/** What no account can have is not worth a question; and a bind without a password would succeed. */
function requireSane(username: string, password: string): void {
  if (username === '' || username.length > 256 || /\p{Cc}/u.test(username)) throw refused('no possible name')
  if (password === '' || password.length > 1024 || password.includes('\0'))
    throw refused('no possible password')
}

function refused(detail: string): Refusal {
  return new Refusal('password.refused', { detail })
}
