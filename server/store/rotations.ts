import type { Selectable, Transaction } from 'kysely'
import type { Database } from './database.ts'
import { type Fence, requireLease } from './leases.ts'
import type { Schema } from './schema.ts'

/** How one rotation of a secret went, or goes. Holds nothing secret. */
export type RotationRecord = {
  secretId: string
  /** The id of the version that it makes. */
  token: string
  /** A test tries the rotator and changes nothing. */
  kind: 'rotation' | 'test'
  /** Failing: it is tried again. */
  state: 'running' | 'failing' | 'succeeded' | 'failed' | 'abandoned'
  step?: string
  attempts: number
  reason?: string
  startedAtMs: number
  endedAtMs?: number
}

export type Rotations = {
  /** Begins it, or begins it again. What else of this secret is still open counts as abandoned. */
  begin(
    rotation: Pick<RotationRecord, 'secretId' | 'token' | 'kind'>,
    nowMs: number,
    fence: Fence,
  ): Promise<void>
  /** @throws {LeaseLost} */
  noteStep(secretId: string, token: string, step: string, fence: Fence): Promise<void>
  /** Without a fence for what ends it from elsewhere. @throws {LeaseLost} */
  noteState(
    secretId: string,
    token: string,
    outcome: Pick<RotationRecord, 'state' | 'reason' | 'endedAtMs'>,
    fence?: Fence,
  ): Promise<void>
  /** Newest first. */
  list(secretId: string): Promise<RotationRecord[]>
}

const mostKept = 50
const open = ['running', 'failing'] as const

export function createRotations({ db, write }: Database): Rotations {
  const ofSecret = (secretId: string) =>
    db
      .selectFrom('rotations')
      .selectAll()
      .where('secret_id', '=', secretId)
      .orderBy('started_at_ms', 'desc')
      .orderBy('token')
  return {
    begin: ({ secretId, token, kind }, nowMs, fence) =>
      write([], async trx => {
        await requireLease(trx, fence)
        await trx
          .updateTable('rotations')
          .set({ state: 'abandoned', ended_at_ms: nowMs })
          .where('secret_id', '=', secretId)
          .where('token', '!=', token)
          .where('state', 'in', open)
          .execute()
        await trx
          .insertInto('rotations')
          .values({
            secret_id: secretId,
            token,
            kind,
            state: 'running',
            step: null,
            attempts: 1,
            reason: null,
            started_at_ms: nowMs,
            ended_at_ms: null,
          })
          .onConflict(conflict =>
            conflict.columns(['secret_id', 'token']).doUpdateSet(({ eb, ref }) => ({
              state: 'running',
              attempts: eb(ref('rotations.attempts'), '+', 1),
              ended_at_ms: null,
            })),
          )
          .execute()
        await dropOldest(trx, secretId)
      }),
    noteStep: (secretId, token, step, fence) =>
      write([], async trx => {
        await requireLease(trx, fence)
        await trx
          .updateTable('rotations')
          .set({ step })
          .where('secret_id', '=', secretId)
          .where('token', '=', token)
          .execute()
      }),
    noteState: (secretId, token, { state, reason, endedAtMs }, fence) =>
      write([], async trx => {
        await requireLease(trx, fence)
        await trx
          .updateTable('rotations')
          .set({ state, reason: reason ?? null, ended_at_ms: endedAtMs ?? null })
          .where('secret_id', '=', secretId)
          .where('token', '=', token)
          .where('state', 'in', open)
          .execute()
      }),
    async list(secretId) {
      return (await ofSecret(secretId).execute()).map(asRecord)
    },
  }
}

async function dropOldest(trx: Transaction<Schema>, secretId: string): Promise<void> {
  const rows = await trx
    .selectFrom('rotations')
    .select('token')
    .where('secret_id', '=', secretId)
    .orderBy('started_at_ms', 'desc')
    .execute()
  const dropped = rows.slice(mostKept).map(({ token }) => token)
  if (dropped.length === 0) return
  await trx.deleteFrom('rotations').where('secret_id', '=', secretId).where('token', 'in', dropped).execute()
}

function asRecord(row: Selectable<Schema['rotations']>): RotationRecord {
  return {
    secretId: row.secret_id,
    token: row.token,
    kind: row.kind,
    state: row.state,
    ...(row.step === null ? {} : { step: row.step }),
    attempts: row.attempts,
    ...(row.reason === null ? {} : { reason: row.reason }),
    startedAtMs: row.started_at_ms,
    ...(row.ended_at_ms === null ? {} : { endedAtMs: row.ended_at_ms }),
  }
}
