import type { DatabaseLeaseTables } from './database-lease-tables.ts'

/** Milliseconds since the epoch. */
type Ms = number
/** A JSON document as text. */
type Json = string

/** What users store, the versions of its values, and what is made by them for a time. */
export type SecretTables = DatabaseLeaseTables & {
  secrets: {
    id: string
    name: string
    description: string | null
    kms_key_id: string | null
    tags: Json
    policy: Json | null
    /** ARNs that the policy names to the ids that they meant when it was written. */
    meant_ids: Json
    rotation: Json | null
    rotation_due_at_ms: Ms | null
    /** To version ids. */
    stages: Json
    created_at_ms: Ms
    changed_at_ms: Ms
    accessed_on_ms: Ms | null
    rotated_at_ms: Ms | null
    deleted_at_ms: Ms | null
    purge_at_ms: Ms | null
  }
  secret_versions: {
    secret_id: string
    id: string
    kind: 'string' | 'binary'
    wrapped_key: Uint8Array
    wrapped_under: string
    sealed_value: Uint8Array
    created_at_ms: Ms
    accessed_on_ms: Ms | null
  }
}
