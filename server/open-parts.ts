import type { Options } from './app.ts'
import { openAuditLog } from './audit/audit-log.ts'
import { openAuditSink } from './audit-store.ts'
import { systemClock } from './base/clock.ts'
import type { Config } from './config.ts'
import { openInstallation, openKeyring, storeLocation } from './installation.ts'
import { openSecretKeys } from './secret-keys.ts'
import { openStore } from './store/open-store.ts'

export type Parts = Awaited<ReturnType<typeof openParts>>

/** Opens what the service keeps. What the environment does not give is made once. */
export async function openParts(config: Config, { log, clock = systemClock, auditBounds }: Options) {
  const keyring = openKeyring(config)
  const store = await openStore({ location: storeLocation(config), clock, log })
  try {
    const installation = await openInstallation(config, store.settings, keyring)
    const audit = openAuditLog({
      sink: await openAuditSink(config, auditBounds),
      clock,
      onFailure: failure => log.error({ failure }, 'the audit log could not be written'),
      ...auditBounds,
    })
    const secretKeys = openSecretKeys(config, { keyring, ...installation, clock, log })
    return { keyring, store, audit, secretKeys, ...installation }
  } catch (error) {
    await store.close()
    throw error
  }
}
