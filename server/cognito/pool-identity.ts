import type { FederatedIdentity } from '../base/federated-identity.ts'
import { valuesOf } from '../base/role-mapping.ts'
import { requireTags } from '../base/session-tags.ts'
import { poolPrincipal } from '../identity/pool-logins.ts'
import type { IdentityPool, TagMap } from '../store/identity-pools.ts'
import { defaultTags } from './principal-tags.ts'
import { claimNameFor, type VerifiedLogin } from './verify-logins.ts'

/** Somebody as their identity pool vouches for them. */
export type PoolPerson = {
  poolId: string
  identityId: string
  amr: readonly string[]
  tags: Readonly<Record<string, string>>
  demo: boolean
}

/**
 * As the gate knows them: by the principal and the condition keys that AWS has for Cognito, so that a trust policy that
 * was written for it admits the same people.
 *
 * @see AWS IAM User Guide, "Available keys for AWS web identity federation", Amazon Cognito
 */
export function federatedIdentityOf(person: PoolPerson, issuer: string): FederatedIdentity {
  const { poolId, identityId, amr, tags, demo } = person
  return {
    kind: 'oidc',
    principals: [poolPrincipal],
    provider: poolPrincipal,
    issuer,
    subject: identityId,
    audience: poolId,
    context: {
      [`${poolPrincipal}:aud`]: [poolId],
      [`${poolPrincipal}:sub`]: [identityId],
      [`${poolPrincipal}:amr`]: amr,
    },
    subjectKey: `${poolPrincipal}:sub`,
    audienceKey: `${poolPrincipal}:aud`,
    tags,
    transitiveTagKeys: [],
    demo,
  }
}

/** `unauthenticated`; or `authenticated`, and each provider by itself and with whom it vouched for. */
export function amrOf(logins: readonly VerifiedLogin[]): string[] {
  if (logins.length === 0) return ['unauthenticated']
  const providers = logins.flatMap(({ provider, amrMiddle, subject }) => [
    provider,
    `${provider}:${amrMiddle}:${subject}`,
  ])
  return ['authenticated', ...providers]
}

/**
 * What the pool makes of claims as session tags. A claim that is not there, or has several values, makes none; of two
 * providers that make the same one, the first counts.
 *
 * @throws {Refusal} tags.invalid
 */
export function tagsOf(logins: readonly VerifiedLogin[], { tagMaps }: IdentityPool): Record<string, string> {
  const tags = new Map<string, string>()
  for (const login of logins) {
    const name = login.names.find(one => Object.hasOwn(tagMaps, one))
    const tagMap = name === undefined ? undefined : tagMaps[name]
    for (const [tag, value] of tagMap === undefined ? [] : mapped(tagMap, login)) {
      if (!tags.has(tag)) tags.set(tag, value)
    }
  }
  return requireTags([...tags])
}

function mapped({ useDefaults, tags }: TagMap, login: VerifiedLogin): [string, string][] {
  const known = { ...login.claims, sub: login.subject, aud: login.audience }
  return Object.entries(useDefaults ? defaultTags : tags).flatMap(([tag, claim]): [string, string][] => {
    const [value, ...others] = valuesOf(known, claimNameFor(login, claim))
    return value === undefined || others.length > 0 ? [] : [[tag, value]]
  })
}
