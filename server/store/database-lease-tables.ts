/** Milliseconds since the epoch. */
type Ms = number
/** A JSON document as text. */
type Json = string

/** How users of databases are made on request, and which there are. */
export type DatabaseLeaseTables = {
  database_roles: {
    name: string
    engine: string
    master_secret_id: string
    statements: Json
    default_seconds: number
    max_seconds: number
    most_leases: number
    description: string | null
    created_at_ms: Ms
    changed_at_ms: Ms
  }
  database_leases: {
    id: string
    role_name: string
    username: string
    /** `host:port` */
    place: string
    state: 'beginning' | 'active' | 'ending'
    /** `aws:userid` of who took it. */
    holder: string
    holder_arn: string
    /** What ends it early: the session by which it was taken. */
    session: Json | null
    created_at_ms: Ms
    expires_at_ms: Ms
    max_expires_at_ms: Ms
    /** When its user is to be dropped, or that is to be tried again. */
    due_at_ms: Ms
    failures: number
  }
}
