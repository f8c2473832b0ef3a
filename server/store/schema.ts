import type { Generated } from 'kysely'
import type { RotationTables } from './rotation-tables.ts'
import type { SecretTables } from './secret-tables.ts'

/** Milliseconds since the epoch. */
type Ms = number
/** A JSON document as text. */
type Json = string
/** SQLite has no boolean: 0 or 1. */
type Flag = 0 | 1

export type Schema = SecretTables &
  RotationTables & {
    settings: { name: string; value: string }
    /** One row: how often the catalogue was changed. */
    catalogue: { generation: number }

    /** What roles, users and groups have alike. */
    principals: {
      /** `AROA...`, `AIDA...` or `AGPA...`: never given twice, unlike a name. */
      id: string
      kind: 'role' | 'user' | 'group'
      name: string
      /** Lower-cased: IAM names are unique without regard to case. */
      name_key: string
      path: string
      tags: Json
      created_at_ms: Ms
      /** The managed policy that is its permissions boundary. */
      boundary_id: string | null
    }
    roles: {
      id: string
      description: string | null
      trust_policy: Json
      max_session_seconds: number
      /** ARNs that the trust policy names to the ids that they meant when it was written. */
      trusted_ids: Json
      demo: Flag
    }
    inline_policies: { principal_id: string; name: string; document: Json }
    attachments: { principal_id: string; policy_id: string; attached_at_ms: Ms }
    memberships: { group_id: string; user_id: string }
    access_keys: {
      id: string
      user_id: string
      sealed_secret: Uint8Array
      active: Flag
      created_at_ms: Ms
    }
    login_profiles: {
      user_id: string
      hash: string
      /** Of the passwords before it. */
      earlier_hashes: Json
      reset_required: Flag
      created_at_ms: Ms
      changed_at_ms: Ms
    }
    /** Of access keys and roles: when they were last used, and for what. */
    last_used: { id: string; at_ms: Ms; service: string; region: string }

    mfa_devices: {
      serial_number: string
      sealed_seed: Uint8Array
      tags: Json
      created_at_ms: Ms
      user_id: string | null
      enabled_at_ms: Ms | null
      /** The newest step whose code was taken: none is taken twice. */
      last_step: Generated<number>
    }
    revocations: {
      kind: 'accessKey' | 'principal' | 'person'
      subject: string
      until_seconds: number
      expires_at_ms: Ms
    }

    policies: {
      id: string
      name: string
      name_key: string
      path: string
      description: string | null
      default_version: string
      /** The number of the newest version that there ever was. */
      last_version: Generated<number>
      tags: Json
      created_at_ms: Ms
      updated_at_ms: Ms
      demo: Flag
    }
    policy_versions: { policy_id: string; version: string; document: Json; created_at_ms: Ms }

    oidc_providers: {
      /** The issuer without its scheme; with `oidc-provider/` before it the end of its ARN. */
      url_path: string
      issuer: string
      client_ids: Json
      thumbprints: Json
      tags: Json
      created_at_ms: Ms
      demo: Flag
    }

    saml_providers: {
      name: string
      id: string
      metadata: string
      encryption: 'Required' | 'Allowed' | null
      private_keys: Json
      tags: Json
      created_at_ms: Ms
    }
    role_mappings: { provider: string; mapping: Json; default_role: string | null }
    /** What stands for a proof that counts once and was shown. */
    used_proofs: { hash: string; expires_at_ms: Ms }

    access_reports: {
      id: string
      arn: string
      created_at_ms: Ms
      finished_at_ms: Ms | null
      findings: Json | null
    }

    /** People who signed in, keyed by issuer and subject. */
    identities: {
      issuer: string
      subject: string
      display_name: string | null
      email: string | null
      first_seen_at_ms: Ms
      last_seen_at_ms: Ms
      demo: Flag
    }

    /** People of a directory who may have sessions, with their groups at the last sign-in. */
    directory_people: {
      provider: string
      id: string
      group_names: Json
      checked_at_ms: Ms
      expires_at_ms: Ms
    }

    /** Those who have linked ways in. */
    people: { id: string; created_at_ms: Ms }
    ways_in: {
      issuer: string
      subject: string
      demo: Flag
      /** Of a federated identity. */
      kind: string
      person_id: string
      linked_at_ms: Ms
    }

    identity_pools: {
      id: string
      name: string
      settings: Json
      roles: Json
      tag_maps: Json
      tags: Json
      created_at_ms: Ms
    }
    /** Whose identities are still to be pruned. */
    deleted_pools: { id: string }
    pool_identities: {
      id: string
      pool_id: string
      /** Never had a login: whoever knows its id is it. */
      guest: Flag
      merged_into: string | null
      created_at_ms: Ms
      modified_at_ms: Ms
    }
    pool_logins: {
      pool_id: string
      /** As pools name it: `accounts.google.com`. */
      provider: string
      subject: string
      demo: Flag
      identity_id: string
      linked_at_ms: Ms
    }

    /** Own accounts, by a subject that is never given twice. */
    accounts: {
      subject: string
      /** As its owner wrote it: what is sent goes there, however somebody else spells it. */
      email: string
      email_key: string
      name: string | null
      password_hash: string | null
      created_at_ms: Ms
      /** When password, address or factors last changed: what was begun before is over. */
      changed_at_ms: Ms
      sealed_totp: Uint8Array | null
      /** The newest step whose code was taken: none is taken twice. */
      last_step: Generated<number>
    }
    /** What was sent by mail, to be typed back. */
    account_codes: {
      id: string
      purpose: string
      code_hash: string
      subject: string | null
      data: Json
      tries_left: number
      expires_at_ms: Ms
    }
    account_recovery_codes: { subject: string; code_hash: string }
    passkeys: {
      id: string
      subject: string
      name: string
      public_key: Uint8Array
      counter: number
      synced: Flag
      transports: Json
      created_at_ms: Ms
      used_at_ms: Ms | null
    }

    web_sessions: {
      id_hash: string
      data: Json
      expires_at_ms: Ms
      /** Whose it is, once somebody is signed in. */
      person_key: string | null
    }

    sign_in_states: {
      state_hash: string
      browser_hash: string
      provider: string
      nonce: string
      code_verifier: string
      expires_at_ms: Ms
      sequence: Generated<number>
    }

    signing_keys: { kid: string; sealed_key: Uint8Array; created_at_ms: Ms }
  }
