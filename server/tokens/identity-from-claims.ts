import type { FederatedIdentity } from '../base/federated-identity.ts'
import { readSessionTags } from './session-tags.ts'
import type { IssuerRecord } from './verify-id-token.ts'

/** The claims of a token that was verified whole. */
export type VerifiedClaims = {
  sub: string
  /** Whom it was made for: `azp`, else `aud`. */
  aud: string
  audiences: readonly string[]
  payload: Readonly<Record<string, unknown>>
}

const googlePrefix = 'accounts.google.com'
const mostValues = 100
const longestValue = 2048

/**
 * What a verified token says, as the house speaks of people.
 *
 * @throws {Refusal} tags.invalid
 */
export function identityFromClaims(claims: VerifiedClaims, issuer: IssuerRecord): FederatedIdentity {
  const { payload, sub, aud } = claims
  const displayName = textOf(payload.name)
  const email = verifiedEmail(payload)
  return {
    kind: 'oidc',
    principals: issuer.principals,
    provider: issuer.provider,
    issuer: issuer.issuer,
    subject: sub,
    audience: aud,
    context: issuer.conditionPrefix === googlePrefix ? googleContext(claims) : claimsContext(claims, issuer),
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
    ...readSessionTags(payload),
    demo: issuer.demo,
  }
}

/** @see AWS IAM User Guide, "Available keys for AWS web identity federation": Google */
function googleContext({ sub, aud, audiences, payload }: VerifiedClaims): Record<string, readonly string[]> {
  const email = verifiedEmail(payload)
  const amr = valuesOf(payload.amr)
  return {
    'accounts.google.com:aud': [aud],
    'accounts.google.com:oaud': audiences,
    'accounts.google.com:sub': [sub],
    ...(email === undefined ? {} : { 'accounts.google.com:email': [email] }),
    ...(amr === undefined ? {} : { 'accounts.google.com:amr': amr }),
  }
}

/** Every claim that is a value or a list of values. What is neither can't be compared with anything. */
function claimsContext(
  { sub, aud, payload }: VerifiedClaims,
  { conditionPrefix }: IssuerRecord,
): Record<string, readonly string[]> {
  const prefix = conditionPrefix.toLowerCase()
  const context: Record<string, readonly string[]> = {}
  for (const claim in payload) {
    const values = valuesOf(payload[claim])
    if (values !== undefined) context[`${prefix}:${claim.toLowerCase()}`] = values
  }
  context[`${prefix}:aud`] = [aud]
  context[`${prefix}:sub`] = [sub]
  return context
}

function valuesOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) {
    const values = value.slice(0, mostValues).map(scalarOf)
    return values.every(one => one !== undefined) ? values : undefined
  }
  const scalar = scalarOf(value)
  return scalar === undefined ? undefined : [scalar]
}

function scalarOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length <= longestValue ? value : undefined
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** An address that the provider did not verify is what its owner typed: anybody's. */
function verifiedEmail({ email, email_verified }: VerifiedClaims['payload']): string | undefined {
  return email_verified === true || email_verified === 'true' ? textOf(email) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 320 ? value : undefined
}
