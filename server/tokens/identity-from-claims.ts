import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
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
const conditionKeys = new WeakMap<IssuerRecord, Map<string, string>>()
const mostKeysKept = 200

/**
 * What a verified token says, as the house speaks of people. Its claims are taken whole, since a list cut
 * short could satisfy a negated condition; the length of a token is what bounds them.
 *
 * @throws {Refusal} tags.invalid | token.malformed
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
    subjectKey: conditionKey(issuer, 'sub'),
    audienceKey: conditionKey(issuer, 'aud'),
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
    ...readSessionTags(payload),
    ...(Number.isSafeInteger(payload.auth_time) ? { authenticatedAtSeconds: Number(payload.auth_time) } : {}),
    ...(issuer.vouchesForFactors ? factorOf(payload) : {}),
    demo: issuer.demo,
  }
}

/** @see RFC 8176, section 2: `mfa`; OpenID Connect Core 1.0, section 2: `auth_time` */
function factorOf({ amr, auth_time }: VerifiedClaims['payload']): { mfaAtSeconds?: number } {
  const isShown = valuesOf(amr)?.includes('mfa') === true && typeof auth_time === 'number'
  return isShown ? { mfaAtSeconds: auth_time } : {}
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

/**
 * Every claim that is a value or a list of values. What is neither can't be compared with anything. Condition
 * keys are the same in any case, so that claims which differ only in case would mean two things at once.
 */
function claimsContext(
  { sub, aud, payload }: VerifiedClaims,
  issuer: IssuerRecord,
): Record<string, readonly string[]> {
  const context: Record<string, readonly string[]> = {}
  for (const claim in payload) {
    const values = valuesOf(payload[claim])
    if (values === undefined) continue
    const key = conditionKey(issuer, claim)
    if (key in context) throw new Refusal('token.malformed', { detail: `more than one claim is ${key}` })
    context[key] = values
  }
  context[conditionKey(issuer, 'aud')] = [aud]
  context[conditionKey(issuer, 'sub')] = [sub]
  return context
}

/**
 * An issuer's tokens hold the same claims again and again, and making their keys anew would take longer than
 * all else here. Bounded, since an issuer might have a claim for each of its projects.
 */
function conditionKey(issuer: IssuerRecord, claim: string): string {
  const known = conditionKeys.get(issuer) ?? new Map<string, string>()
  const key = known.get(claim)
  if (key !== undefined) return key
  const made = `${issuer.conditionPrefix}:${claim}`.toLowerCase()
  if (known.size < mostKeysKept) conditionKeys.set(issuer, known.set(claim, made))
  return made
}

function valuesOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) {
    const values = value.map(scalarOf)
    // An empty list is as good as none, in conditions too.
    return values.length > 0 && values.every(one => one !== undefined) ? values : undefined
  }
  const scalar = scalarOf(value)
  return scalar === undefined ? undefined : [scalar]
}

function scalarOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  // Beyond 2^53 two ids would read as one.
  const isExact = typeof value === 'number' && (!Number.isInteger(value) || Number.isSafeInteger(value))
  return isExact ? String(value) : undefined
}

/** An address that the provider did not verify is what its owner typed: anybody's. */
function verifiedEmail({ email, email_verified }: VerifiedClaims['payload']): string | undefined {
  return email_verified === true || email_verified === 'true' ? textOf(email) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 320 ? value : undefined
}
