import type { AccessTokenKind } from './access-token-providers.ts'

/**
 * Bytes of the longest name that any provider may have for somebody. They are known by it in the store, and an entry of
 * PostgreSQL's indexes has 2,704 at most, with the issuer's name beside it.
 */
export const longestSubject = 1_024

/**
 * Who somebody is, after their proof was verified: the one shape in which every way in (an OpenID Connect ID token, an
 * access token of Facebook's or Amazon's, a directory's password, the browser) reaches the gate. Plain JSON, so that a
 * browser session can hold it. It carries no provider token.
 */
export type FederatedIdentity = {
  kind: 'oidc' | AccessTokenKind | 'saml' | 'ldap' | 'guest'
  /** Names by which a trust policy's `Principal.Federated` may mean this provider. */
  principals: readonly string[]
  /** `aws:FederatedProvider`, and the answer's `Provider`. */
  provider: string
  /** With `subject` the key of a person. An e-mail address never is. */
  issuer: string
  subject: string
  audience: string
  /**
   * Who it is whichever way they came in, once they have linked more than one. The gate fills it in; a provider never
   * says it.
   */
  personId?: string
  /** Condition keys (lower case) of the provider's claims, such as `accounts.google.com:sub`. */
  context: Readonly<Record<string, readonly string[]>>
  /** Those of them that hold subject and audience. They stay with the session, for its policies to ask. */
  subjectKey: string
  audienceKey: string
  /** To greet the person and to name the session; nothing is decided on it. */
  displayName?: string
  email?: string
  /** Session tags that the provider's token asked for, and which of them outlive role chaining. */
  tags: Readonly<Record<string, string>>
  transitiveTagKeys: readonly string[]
  sourceIdentity?: string
  /** ARNs of the only roles that the provider's proof is for; absent where it does not say. */
  onlyRoles?: readonly string[]
  /** RoleSessionName, where the provider chooses it. */
  sessionName?: string
  /** How long what they take in a browser shall last, by the provider: the usual choice, and the longest there is. */
  sessionSeconds?: number
  /** What every session of theirs is held to, whatever is asked for: a session policy, and the longest time. */
  narrowedTo?: { seconds: number; policy?: string }
  /**
   * When the proof was verified, where that may be a while ago: a browser's session holds it, and what ends the sessions
   * of that time ends also what is got by it later.
   */
  provenAtSeconds?: number
  /** When the provider last had them show who they are, where it says so: `auth_time`, AuthnInstant. */
  authenticatedAtSeconds?: number
  /** When the person's session at the provider ends: no credentials outlive it. */
  sessionEndsAtSeconds?: number
  /** When they showed a second factor, where whoever vouches for that is trusted to say so. */
  mfaAtSeconds?: number
  /** Vouched for by a stand-in provider: worth nothing once the demo is off. */
  demo: boolean
}
