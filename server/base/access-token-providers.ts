/**
 * The providers that vouch by OAuth 2.0 access tokens. Those say nothing themselves, so that each provider is asked about its
 * own. Their names are AWS's, as are those of their claims.
 *
 * @see AWS STS API reference, AssumeRoleWithWebIdentity, ProviderId; AWS IAM User Guide, "IAM and AWS STS condition
 *   context keys", identity federation
 */
export const accessTokenProviders = {
  facebook: { provider: 'graph.facebook.com', title: 'Facebook', subjectClaim: 'id' },
  amazon: { provider: 'www.amazon.com', title: 'Amazon', subjectClaim: 'user_id' },
} as const

export type AccessTokenKind = keyof typeof accessTokenProviders

const kinds = Object.keys(accessTokenProviders) as AccessTokenKind[]

/** As `ProviderId`, login maps and trust policies name them. */
export const accessTokenProviderNames: readonly string[] = kinds.map(
  kind => accessTokenProviders[kind].provider,
)

export function findAccessTokenKind(provider: string | undefined): AccessTokenKind | undefined {
  return kinds.find(kind => accessTokenProviders[kind].provider === provider)
}

export function isAccessTokenKind(kind: string): kind is AccessTokenKind {
  return Object.hasOwn(accessTokenProviders, kind)
}

/** Somebody's ID token, or a bearer of ours: what a provider that it is not for must never be shown, since it could use it. */
export function looksLikeJwt(token: string): boolean {
  return token.split('.').length === 3
}
