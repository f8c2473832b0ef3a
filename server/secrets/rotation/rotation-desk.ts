import type { AuditLog } from '../../audit/audit-log.ts'
import { parseArn, secretArn } from '../../base/arn.ts'
import type { Clock } from '../../base/clock.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Fence } from '../../store/leases.ts'
import type { Secret, Secrets } from '../../store/secrets.ts'
import { current, moveStages, pending } from '../stages.ts'
import { isSameValue, type SecretValue, type Vault } from '../vault.ts'
import { masterArnIn } from './master-secret.ts'
import { rotationEvent } from './rotation-events.ts'
import { requireRunning, withoutPending } from './rotation-state.ts'
import { type RotationDesk, RotationFailure } from './rotator.ts'

export type DeskDeps = {
  secrets: Secrets
  vault: Vault
  audit: Pick<AuditLog, 'record'>
  accountId: string
  clock: Clock
}

/** Which rotation it is of, and the lease under which it goes on. */
export type Rotation = { secretId: string; token: string; fence: Fence }

export function openDesk(rotation: Rotation, deps: DeskDeps): RotationDesk {
  const { secretId, token } = rotation
  const arn = secretArn(deps.accountId, secretId)
  const read: RotationDesk['read'] = async stage => {
    const value = await readStage(secretId, stage, deps)
    return value === undefined ? undefined : textOf(value)
  }
  return {
    secretArn: arn,
    token,
    read,
    putPending: text => keepPending(rotation, { kind: 'string', bytes: Buffer.from(text) }, deps),
    async readMaster(masterArn) {
      // Whoever wrote the value that names it was allowed to read it: no other is read, whatever the rotator asks for.
      if (masterArnIn(await read(current)) !== masterArn) {
        throw new RotationFailure('the current value names another secret as the master')
      }
      return readMaster(masterArn, arn, deps)
    },
    async finish() {
      await deps.secrets.change(
        secretId,
        (secret, versions) => {
          requireRunning(secret, token)
          if (!versions.has(token)) throw new RotationFailure('there is no value to make the current one')
          if (secret.stages[current] === token) return {}
          const stages = withoutPending(moveStages(secret.stages, [current], token))
          return { stages, changedAtMs: deps.clock() }
        },
        rotation.fence,
      )
    },
  }
}

/** @throws {RotationFailure} when it can't be opened */
export async function readStage(
  secretId: string,
  stage: string,
  { secrets, vault }: Pick<DeskDeps, 'secrets' | 'vault'>,
): Promise<SecretValue | undefined> {
  const secret = await secrets.findAnew(secretId)
  const at = secret?.stages[stage]
  const version = at === undefined ? undefined : await secrets.findVersion(secretId, at)
  return version && vault.open(secretId, version)
}

function textOf({ kind, bytes }: SecretValue): string {
  if (kind === 'string') return bytes.toString('utf8')
  throw new RotationFailure('the value is bytes and no text')
}

/**
 * Keeps the value of the version that is made. Broken off and asked again, it is there once.
 *
 * @throws {RotationFailure} when another value is there already
 */
export async function keepPending(
  { secretId, token, fence }: Rotation,
  value: SecretValue,
  { secrets, vault, clock }: DeskDeps,
): Promise<void> {
  const atPending = (secret: Secret) => {
    requireRunning(secret, token)
    return { stages: moveStages(secret.stages, [pending], token), changedAtMs: clock() }
  }
  const there = await secrets.findVersion(secretId, token)
  if (there === undefined) {
    const version = await vault.seal(secretId, token, value, clock())
    await secrets.addVersion(secretId, version, atPending, fence)
    return
  }
  if (!isSameValue(value, await vault.open(secretId, there))) {
    throw new RotationFailure('the version that is to be made has another value already')
  }
  await secrets.change(secretId, atPending, fence)
}

async function readMaster(masterArn: string, forArn: string, deps: DeskDeps): Promise<string> {
  const id = parseArn(masterArn)?.resource.replace(/^secret:/, '') ?? ''
  // By its whole ARN alone: a name may be another secret's by now.
  const master = masterArn === secretArn(deps.accountId, id) ? await deps.secrets.find(id) : undefined
  if (master === undefined)
    throw new RotationFailure('masterarn is not the whole ARN of a secret of this account')
  if (master.deletedAtMs !== undefined) throw new RotationFailure('the master secret is marked for deletion')
  // INVARIANT: no value leaves before its row is durable.
  await deps.audit.record(rotationEvent('GetSecretValue', masterArn, deps.clock(), { rotationOf: forArn }))
  try {
    const value = await readStage(id, current, deps)
    if (value === undefined) throw new RotationFailure('the master secret has no value')
    return textOf(value)
  } catch (error) {
    if (error instanceof Refusal)
      throw new RotationFailure('the master secret can’t be opened', { cause: error })
    throw error
  }
}
