import type { FederatedIdentity } from '../base/federated-identity.ts'

/** A profile as Graph answers it, of a person who signed in to our app. */
export type FacebookPerson = {
  /** A person has another id in every app. */
  id: string
  name?: string | undefined
  /** Graph leaves out an address that was never confirmed. */
  email?: string | undefined
}

const provider = 'graph.facebook.com'

/**
 * The person of a Facebook profile, whichever way it was got. Only for a profile that is proved to have
 * been given to our own app.
 *
 * @see AWS IAM User Guide, "Available keys for AWS web identity federation": Facebook
 */
export function identityFromFacebook(
  { id, name, email }: FacebookPerson,
  { appId, demo }: { appId: string; demo: boolean },
): FederatedIdentity {
  return {
    kind: 'facebook',
    principals: [provider],
    provider,
    issuer: provider,
    subject: id,
    audience: appId,
    context: { [`${provider}:app_id`]: [appId], [`${provider}:id`]: [id] },
    subjectKey: `${provider}:id`,
    audienceKey: `${provider}:app_id`,
    ...(name === undefined ? {} : { displayName: name }),
    ...(email === undefined ? {} : { email }),
    tags: {},
    transitiveTagKeys: [],
    demo,
  }
}
