import type { Logger } from 'pino'
import type { AuditLog } from './audit/audit-log.ts'
import type { Authorizer } from './authorization/authorize.ts'
import type { JsonService } from './aws/json-protocol.ts'
import type { Clock } from './base/clock.ts'
import { createOutbound } from './base/outbound.ts'
import type { Config } from './config.ts'
import { readTrustedIds } from './iam/trusted-principals.ts'
import type { KeyWrapper } from './keys/envelope.ts'
import type { Keyring } from './keys/keyring.ts'
import { outboundRules } from './outbound-rules.ts'
import type { DatabaseRoleDeps } from './secrets/database-roles/deps.ts'
import { keepRewrapping } from './secrets/keep-rewrapping.ts'
import { createFindRotator } from './secrets/rotation/find-rotator.ts'
import { newRotatorSecret } from './secrets/rotation/registered/webhook-secret.ts'
import { startRotationEngine, stepMs } from './secrets/rotation/rotation-engine.ts'
import type { Rotator } from './secrets/rotation/rotator.ts'
import { createSecretsService } from './secrets/service.ts'
import type { Vault } from './secrets/vault.ts'
import type { Store } from './store/open-store.ts'

export type SecretsAccessDeps = {
  store: Store
  keyring: Keyring
  vault: Vault
  /** Of data keys. */
  wrapper: KeyWrapper
  authorizer: Authorizer
  audit: AuditLog
  accountId: string
  clock: Clock
  log: Logger
  databases: DatabaseRoleDeps
  /** By the names of the functions that they stand for. */
  rotators: ReadonlyMap<string, Rotator>
}

/** How long rotations that are under way have to end when the node stops. */
const graceMs = 5_000
/** What a rotator answers is its status: nobody reads more. */
const longestAnswer = 64 * 1024

/** The secrets on the wire, and what rotates them. */
export function openSecretsAccess(
  config: Config,
  deps: SecretsAccessDeps,
): { service: JsonService; stop(): Promise<void> } {
  const { store, keyring, vault, wrapper, authorizer, audit, accountId, rotators, clock, log } = deps
  const { secrets, rotations: history } = store
  const outbound = createOutbound({ ...outboundRules(config), timeoutMs: stepMs, maxBytes: longestAnswer })
  const findRotator = createFindRotator({
    builtIn: rotators,
    rotators: store.rotators,
    keyring,
    outbound,
    accountId,
    clock,
  })
  const engine = startRotationEngine({
    secrets,
    history,
    leases: store.leases,
    vault,
    findRotator,
    audit,
    accountId,
    mostAtOnce: config.rotationsAtOnce,
    clock,
    log,
  })
  const service = createSecretsService({
    secrets,
    vault,
    accountId,
    authorizer,
    audit,
    principalIds: document => readTrustedIds(document, { ...store, accountId }, 'resource'),
    databases: deps.databases,
    rotation: {
      find: findRotator,
      history,
      rotators: store.rotators,
      builtIn: [...rotators.keys()],
      newSecret: name => newRotatorSecret(keyring, name),
      allowLoopbackHttp: !config.production,
      wake: engine.wake,
    },
    clock,
  })
  const rewrapping = keepRewrapping({ ...store, wrapper, accountId, log })
  return {
    service,
    async stop() {
      await rewrapping.stop()
      await engine.stop(graceMs)
    },
  }
}
