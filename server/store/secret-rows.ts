import type { Selectable } from 'kysely'
import type { Tags } from './principals.ts'
import type { SecretTables } from './secret-tables.ts'

export type Secret = {
  /** `NAME-AbCdEf`, the end of its ARN: never given twice, unlike the name. */
  id: string
  name: string
  description?: string | undefined
  kmsKeyId?: string | undefined
  tags: Tags
  /** The document as it was written, and to whose ids the ARNs in it were then. */
  policy?: { document: string; meantIds: Readonly<Record<string, string>> } | undefined
  rotation?: SecretRotation | undefined
  rotationDueAtMs?: number | undefined
  /** Stages to the ids of the versions that they are at. */
  stages: Readonly<Record<string, string>>
  createdAtMs: number
  changedAtMs: number
  /** The day on which a value was last given out, at its beginning. */
  accessedOnMs?: number | undefined
  rotatedAtMs?: number | undefined
  /** When it was marked for deletion, and when nothing of it will be left. */
  deletedAtMs?: number | undefined
  purgeAtMs?: number | undefined
}

export type SecretRotation = {
  enabled: boolean
  /** Names the rotator. */
  lambdaArn?: string | undefined
  afterDays?: number | undefined
  /** `3h` */
  duration?: string | undefined
  schedule?: string | undefined
  /** The days to the next rotation, as they were when the last one was over. */
  shownDays?: number | undefined
  /** The end of the window in which the next rotation falls. */
  nextByMs?: number | undefined
  /** The rotation that is under way: there is never more than one. */
  running?: RunningRotation | undefined
}

export type RunningRotation = {
  /** The ClientRequestToken, and the id of the version that is made. */
  token: string
  /** A test tries the rotator and changes nothing. */
  kind: 'rotation' | 'test'
  startedAtMs: number
  /** How often it failed so far. */
  failures: number
  /** SHA-256 of the RotationToken that its latest attempt was given. */
  proofHash?: string | undefined
}

export function asRow(secret: Secret): Row {
  return {
    id: secret.id,
    name: secret.name,
    description: secret.description ?? null,
    kms_key_id: secret.kmsKeyId ?? null,
    tags: JSON.stringify(secret.tags),
    policy: secret.policy?.document ?? null,
    meant_ids: JSON.stringify(secret.policy?.meantIds ?? {}),
    rotation: secret.rotation === undefined ? null : JSON.stringify(secret.rotation),
    rotation_due_at_ms: secret.rotationDueAtMs ?? null,
    stages: JSON.stringify(secret.stages),
    created_at_ms: secret.createdAtMs,
    changed_at_ms: secret.changedAtMs,
    accessed_on_ms: secret.accessedOnMs ?? null,
    rotated_at_ms: secret.rotatedAtMs ?? null,
    deleted_at_ms: secret.deletedAtMs ?? null,
    purge_at_ms: secret.purgeAtMs ?? null,
  }
}

/** As lists have it: without its policy, which is long, and which no list shows. */
export type ListedSecret = Omit<Secret, 'policy'>

type Row = Selectable<SecretTables['secrets']>
type ListedRow = Omit<Row, 'policy' | 'meant_ids'>

export function asSecret(row: Row): Secret {
  const { policy, meant_ids: meantIds } = row
  return {
    ...asListed(row),
    ...(policy === null ? {} : { policy: { document: policy, meantIds: JSON.parse(meantIds) } }),
  }
}

export function asListed(row: ListedRow): ListedSecret {
  return {
    id: row.id,
    name: row.name,
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.kms_key_id === null ? {} : { kmsKeyId: row.kms_key_id }),
    tags: JSON.parse(row.tags),
    ...(row.rotation === null ? {} : { rotation: JSON.parse(row.rotation) }),
    ...(row.rotation_due_at_ms === null ? {} : { rotationDueAtMs: row.rotation_due_at_ms }),
    stages: JSON.parse(row.stages),
    createdAtMs: row.created_at_ms,
    changedAtMs: row.changed_at_ms,
    ...(row.accessed_on_ms === null ? {} : { accessedOnMs: row.accessed_on_ms }),
    ...(row.rotated_at_ms === null ? {} : { rotatedAtMs: row.rotated_at_ms }),
    ...(row.deleted_at_ms === null ? {} : { deletedAtMs: row.deleted_at_ms }),
    ...(row.purge_at_ms === null ? {} : { purgeAtMs: row.purge_at_ms }),
  }
}
