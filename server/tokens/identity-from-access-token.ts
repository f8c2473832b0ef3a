import { type AccessTokenKind, accessTokenProviders } from '../base/access-token-providers.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'

/** A profile as the provider answers it, of a person who signed in to our app. */
export type AppPerson = {
  id: string
  name?: string | undefined
  email?: string | undefined
}

/**
 * The person of a profile, whichever way it was got. Only for a profile that is proved to have been given to our own app.
 *
 * @see AWS IAM User Guide, "IAM and AWS STS condition context keys", identity federation
 */
export function identityFromAccessToken(
  kind: AccessTokenKind,
  { id, name, email }: AppPerson,
  { appId, demo }: { appId: string; demo: boolean },
): FederatedIdentity {
  const { provider, subjectClaim } = accessTokenProviders[kind]
  const [subjectKey, audienceKey] = [`${provider}:${subjectClaim}`, `${provider}:app_id`]
  return {
    kind,
    principals: [provider],
    provider,
    issuer: provider,
    subject: id,
    audience: appId,
    context: { [audienceKey]: [appId], [subjectKey]: [id] },
    subjectKey,
    audienceKey,
    ...(name === undefined ? {} : { displayName: name }),
    ...(email === undefined ? {} : { email }),
    tags: {},
    transitiveTagKeys: [],
    demo,
  }
}
