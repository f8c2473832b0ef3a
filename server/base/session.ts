/** What temporary credentials carry with them, sealed into their session token. */
export type Session = {
  accessKeyId: string
  /** The role's id, not its name: a role made anew under an old name does not revive old sessions. */
  roleId: string
  /** RoleSessionName. */
  name: string
  provider: string
  issuer: string
  subject: string
  /** Whom the proof was made for: the client at the provider. */
  audience: string
  /** The condition keys under which policies know the two. */
  subjectKey: string
  audienceKey: string
  issuedAtSeconds: number
  expiresAtSeconds: number
  /** Access key ids from which this session was got, eldest first. Empty after a web identity. */
  ancestors: readonly string[]
  tags: Readonly<Record<string, string>>
  transitiveTagKeys: readonly string[]
  sourceIdentity?: string
  /** The session policy as the caller wrote it, and managed policies that narrow alike. */
  policy?: string
  policyArns: readonly string[]
  demo: boolean
}

/** The three strings that leave the house, once. */
export type Credentials = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiresAtSeconds: number
}
