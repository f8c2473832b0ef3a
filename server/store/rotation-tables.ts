/** Milliseconds since the epoch. */
type Ms = number

/** Who does what, how rotations went, and who rotates elsewhere. */
export type RotationTables = {
  leases: {
    name: string
    holder: string
    /** Counts holders up, so that one who was held up can't pass for the next. */
    fence: number
    until_ms: Ms
  }
  rotations: {
    secret_id: string
    token: string
    kind: 'rotation' | 'test'
    state: 'running' | 'failing' | 'succeeded' | 'failed' | 'abandoned'
    /** The last that was begun. */
    step: string | null
    attempts: number
    reason: string | null
    started_at_ms: Ms
    ended_at_ms: Ms | null
  }
  rotators: {
    name: string
    url: string
    sealed_secret: Uint8Array
    created_at_ms: Ms
    changed_at_ms: Ms
  }
}
