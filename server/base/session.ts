/** What temporary credentials carry with them, sealed into their session token. */
export type Session = {
  accessKeyId: string
  /** A role's; a user's or the account owner's own (GetSessionToken); or what a user passed on (GetFederationToken). */
  kind: 'role' | 'user' | 'federatedUser'
  /**
   * Whose policies it acts by: a role's or a user's id, not a name, so that one made anew under an old name does not
   * revive old sessions. The account's number for its owner.
   */
  principalId: string
  /** RoleSessionName, or the federated user's name; empty in a user's own session. */
  name: string
  /** Who stands behind it, when a provider vouched for somebody; also at the end of a chain of roles. */
  person?: {
    issuer: string
    subject: string
    /** Of somebody with linked ways in. */
    personId?: string
    /** When they proved it, where that was before the session was issued. */
    provenAtSeconds?: number
    /** When their session at the provider ends. */
    endsAtSeconds?: number
  }
  /** What the provider vouched with. Not passed on along a chain. */
  proof?: {
    provider: string
    /** Whom the proof was made for: the client at the provider. */
    audience: string
    /** The condition keys under which policies know subject and audience. */
    subjectKey: string
    audienceKey: string
  }
  issuedAtSeconds: number
  expiresAtSeconds: number
  /** By what this session was got, eldest first: sessions, or at the start a long-term key. Empty after a web identity. */
  ancestors: readonly Ancestor[]
  tags: Readonly<Record<string, string>>
  transitiveTagKeys: readonly string[]
  sourceIdentity?: string
  /** The session policy as the caller wrote it, and managed policies that narrow alike. */
  policy?: string
  policyArns: readonly string[]
  /** When a second factor was shown; absent without one. */
  mfaAtSeconds?: number
  demo: boolean
}

export type Ancestor = {
  accessKeyId: string
  principalId: string
  /** Of a long-term key: when it was used for this. */
  issuedAtSeconds: number
}

/** The three strings that leave the house, once. */
export type Credentials = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiresAtSeconds: number
}
