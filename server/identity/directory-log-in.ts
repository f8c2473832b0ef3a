import { setTimeout as delay } from 'node:timers/promises'
import { ldapProviderArn } from '../base/arn.ts'
import { type Clock, toSeconds } from '../base/clock.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import type { Directory, DirectoryPerson } from '../directory/directory.ts'
import type { DirectoryPeople } from '../store/directory-people.ts'
import type { Revocations } from '../store/revocations.ts'
import type { Settings } from '../store/settings.ts'
import { endSessions, lostGroups } from './end-sessions.ts'
import { type GroupRole, readGroupRoles, rolesOfGroups } from './group-roles.ts'
import { identityFromDirectory } from './identity-from-directory.ts'

/** The directory that people may log in to, and what the operator says of it. */
export type DirectoryAccess = {
  directory: Directory
  /** The last part of its ARN. */
  name: string
  /** By configuration: a role's name, with its path where it has one, or its ARN. */
  groupRoles: readonly GroupRole[]
}

export type DirectoryLogInDeps = {
  access?: DirectoryAccess | undefined
  directoryPeople: Pick<DirectoryPeople, 'remember'>
  revocations: Pick<Revocations, 'add'>
  settings: Pick<Settings, 'find'>
  accountId: string
  clock: Clock
}

/**
 * The longest that anything lives that a log-in leads to: a browser's session of an hour, and at its end credentials of
 * twelve.
 */
const traceableMs = 13 * 3_600_000

/**
 * Logs somebody in by their directory's password. Where there are rules for groups, the roles of their groups are the
 * only ones that they may have; the roles' trust policies have the last word in any case.
 *
 * @throws {Refusal} password.refused | issuer.unreachable; request.invalid without a directory
 */
export function createDirectoryLogIn(deps: DirectoryLogInDeps) {
  return async (username: string, password: string): Promise<FederatedIdentity> => {
    const { access, accountId } = deps
    if (access === undefined) {
      throw new Refusal('request.invalid', { said: { message: 'No directory is set up here' } })
    }
    const providerArn = ldapProviderArn(accountId, access.name)
    const { person, provenAtSeconds } = await logIn(deps, providerArn, () =>
      access.directory.logIn(username, password),
    )
    const rules = [...access.groupRoles, ...(await readGroupRoles(deps.settings))]
    const onlyRoles = rules.length === 0 ? undefined : rolesOfGroups(rules, person.groups)
    const identity = identityFromDirectory(person, { providerArn, providerName: access.name }, onlyRoles)
    return { ...identity, provenAtSeconds }
  }
}

const mostTries = 3

/**
 * What a log-in shows may end what earlier ones gave, before anybody looks again. It ends all that was proven up to this
 * second, since another log-in may have read the old groups in the same one; this person is then asked about anew in the
 * next, so that what is given now is not among it.
 *
 * @throws {Refusal} issuer.unreachable when their groups change with every look
 */
async function logIn(
  deps: DirectoryLogInDeps,
  provider: string,
  ask: () => Promise<DirectoryPerson>,
): Promise<{ person: DirectoryPerson; provenAtSeconds: number }> {
  for (let tries = 0; tries < mostTries; tries++) {
    const provenAtSeconds = toSeconds(deps.clock())
    const person = await ask()
    if (!(await endWhatIsLost(deps, provider, person))) return { person, provenAtSeconds }
    // A little over: timers may go off early.
    await delay(1_020 - (deps.clock() % 1_000))
  }
  throw new Refusal('issuer.unreachable', { detail: 'their groups change with every look' })
}

/** Whether there was anything to end. */
async function endWhatIsLost(
  deps: DirectoryLogInDeps,
  provider: string,
  person: DirectoryPerson,
): Promise<boolean> {
  const nowMs = deps.clock()
  const key = { provider, id: person.id }
  const before = await deps.directoryPeople.remember(
    { ...key, groups: person.groups },
    nowMs,
    nowMs + traceableMs,
  )
  if (before === undefined || lostGroups(before.groups, person.groups).length === 0) return false
  await endSessions(deps.revocations, key, toSeconds(nowMs), nowMs)
  return true
}
