import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AuditLog } from './audit/audit-log.ts'
import { arnOfRoleNamed } from './base/arn.ts'
import type { Clock } from './base/clock.ts'
import { createDirectory } from './directory/directory.ts'
import type { DirectorySettings } from './directory/settings.ts'
import { checkDirectoryPeople } from './identity/check-directory-people.ts'
import type { DirectoryAccess } from './identity/directory-log-in.ts'
import type { DirectoryConfig } from './settings/directory-settings.ts'
import type { Store } from './store/open-store.ts'

export type DirectoryAccessDeps = {
  accountId: string
  clock: Clock
  log: { warn(context: object, message: string): void; error(context: object, message: string): void }
}

/** @throws {Error} when the file with the certificate authorities can't be read */
export function openDirectoryAccess(
  config: DirectoryConfig | undefined,
  { accountId, clock, log }: DirectoryAccessDeps,
): DirectoryAccess | undefined {
  if (config === undefined) return undefined
  const { settings, ...access } = readDirectory(config, accountId)
  return { ...access, directory: createDirectory(settings, clock, log) }
}

/** A directory that is configured, before anybody asks it anything. */
export type DescribedDirectory = Omit<DirectoryAccess, 'directory'> & { settings: DirectorySettings }

/** @throws {Error} when the file with the certificate authorities can't be read */
export function readDirectory(config: DirectoryConfig, accountId: string): DescribedDirectory {
  const { caFile, groupRoles, name } = config
  const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8')
  return {
    name,
    settings: { ...config, ca },
    groupRoles: groupRoles.map(({ groupDn, role }) => ({
      groupDn,
      roleArn: arnOfRoleNamed(role, accountId),
    })),
  }
}

export type DirectoryWatchDeps = DirectoryAccessDeps & {
  store: Pick<Store, 'directoryPeople' | 'revocations'>
  audit: Pick<AuditLog, 'note'>
  recheckMs: number
}

/**
 * Looks people with sessions up again, each twice as often as is promised: whom a node took and did not come to, because
 * it was stopped, another takes in time.
 */
export function watchDirectory({ directory }: DirectoryAccess, deps: DirectoryWatchDeps): { stop(): void } {
  const { store, audit, recheckMs, clock, log } = deps
  let isChecking = false
  const check = async () => {
    if (isChecking) return
    isChecking = true
    try {
      await checkDirectoryPeople({ ...store, directory, clock, log, onEnded }, recheckMs / 2)
    } catch (error) {
      log.error({ err: error }, 'people of the directory could not be looked up again')
    } finally {
      isChecking = false
    }
  }
  const onEnded = (person: { issuer: string; subject: string }, why: string) => {
    log.warn({ ...person, why }, 'sessions ended: the directory says so')
    const event = { event: 'RevokeSessions', decision: 'allowed' as const, sourceIp: 'rolecall.internal' }
    audit.note({ ...event, ...person, atMs: clock(), requestId: randomUUID(), detail: { why } })
  }
  const timer = setInterval(check, Math.min(recheckMs / 4, 15_000))
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
