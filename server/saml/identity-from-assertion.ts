import { createHash } from 'node:crypto'
import type { FederatedIdentity } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { requireSourceIdentity, requireTags, requireTransitiveKeys } from '../base/session-tags.ts'
import { attributeKeys } from './attribute-keys.ts'
import type { Assertion } from './read-assertion.ts'

/** Whose assertion it is, by the names that this account has for it. */
export type AssertedBy = { providerArn: string; providerName: string; accountId: string; recipient: string }

const own = 'https://aws.amazon.com/SAML/Attributes/'
const tagPrefix = `${own}PrincipalTag:`

/**
 * What an assertion says, as the house speaks of people. Attributes of AWS's own ask for the session; all others
 * become condition keys, the well-known ones under AWS's names and the rest under their own: `saml:groups`.
 *
 * @throws {Refusal} tags.invalid | token.claimMissing | token.malformed
 * @see AWS IAM User Guide, "Configure SAML assertions for the authentication response"
 */
export function identityFromAssertion(assertion: Assertion, by: AssertedBy): FederatedIdentity {
  const { attributes } = assertion
  const context = contextOf(assertion, by)
  const [email] = context['saml:mail'] ?? []
  const [displayName] = context['saml:name'] ?? context['saml:cn'] ?? []
  return {
    kind: 'saml',
    principals: [by.providerArn],
    provider: by.providerArn,
    // The entity id is whatever a provider's metadata say: two providers of this account may say the same.
    issuer: by.providerArn,
    subject: assertion.nameId,
    audience: by.recipient,
    context,
    subjectKey: 'saml:sub',
    audienceKey: 'saml:aud',
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
    ...askedTags(attributes),
    onlyRoles: rolesIn(attributes, by.providerArn),
    sessionName: requireSessionName(attributes),
    ...askedDuration(attributes),
    ...(assertion.authenticatedAtMs === undefined
      ? {}
      : { authenticatedAtSeconds: Math.floor(assertion.authenticatedAtMs / 1000) }),
    ...(assertion.sessionEndsAtMs === undefined
      ? {}
      : { sessionEndsAtSeconds: Math.floor(assertion.sessionEndsAtMs / 1000) }),
    demo: false,
  }
}

function askedTags(attributes: Assertion['attributes']) {
  const tags = requireTags(
    [...attributes]
      .filter(([name]) => name.startsWith(tagPrefix))
      .map(([name, values]) => [name.slice(tagPrefix.length), values]),
  )
  const transitiveTagKeys = requireTransitiveKeys(attributes.get(`${own}TransitiveTagKeys`), tags)
  const sourceIdentity = requireSourceIdentity(single(attributes, 'SourceIdentity'))
  return { tags, transitiveTagKeys, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) }
}

/** Each value is a role's ARN and its provider's, in either order. */
function rolesIn(attributes: Assertion['attributes'], providerArn: string): string[] {
  const pairs = (attributes.get(`${own}Role`) ?? []).map(value => value.split(',').map(arn => arn.trim()))
  return pairs
    .filter(arns => arns.length === 2 && arns.includes(providerArn))
    .flatMap(arns => arns.filter(arn => arn !== providerArn))
}

function requireSessionName(attributes: Assertion['attributes']): string {
  const name = single(attributes, 'RoleSessionName')
  if (name === undefined) throw invalid('token.claimMissing', 'RoleSessionName is required in AuthnResponse')
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) {
    throw invalid('token.malformed', 'RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}')
  }
  return name
}

/** A value that can't be read must not become the usual, longer one. */
function askedDuration(attributes: Assertion['attributes']): { sessionSeconds?: number } {
  const text = single(attributes, 'SessionDuration')
  if (text === undefined) return {}
  const sessionSeconds = /^\d{3,5}$/.test(text) ? Number(text) : 0
  if (sessionSeconds < 900 || sessionSeconds > 43_200) {
    throw invalid('token.malformed', 'SessionDuration in AuthnResponse must be from 900 to 43200 seconds')
  }
  return { sessionSeconds }
}

function single(attributes: Assertion['attributes'], name: string): string | undefined {
  const [value, ...others] = attributes.get(`${own}${name}`) ?? []
  if (others.length > 0) throw invalid('token.malformed', `${name} must have one value`)
  return value
}

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'

/** @see AWS IAM User Guide, "IAM and AWS STS condition context keys", SAML */
function contextOf(assertion: Assertion, by: AssertedBy): Record<string, readonly string[]> {
  const { issuer, nameId, nameIdFormat, attributes } = assertion
  const short = { [persistent]: 'persistent', [transient]: 'transient' }[nameIdFormat]
  const qualified = createHash('sha1').update(`${issuer}${by.accountId}/${by.providerName}`)
  return {
    ...attributeContext(attributes),
    // After the attributes: one that is called `sub` says nothing about the subject.
    'saml:aud': [by.recipient],
    'saml:iss': [issuer],
    'saml:sub': [nameId],
    'saml:sub_type': [short ?? nameIdFormat],
    'saml:doc': [`${by.accountId}/${by.providerName}`],
    'saml:namequalifier': [qualified.digest('base64')],
  }
}

/** Two attributes that mean the same key are taken together: what is left out could satisfy a negated condition. */
function attributeContext(attributes: Assertion['attributes']): Record<string, readonly string[]> {
  const context: Record<string, readonly string[]> = {}
  for (const [name, values] of attributes) {
    if (name.startsWith(own)) continue
    const key = `saml:${attributeKeys[name] ?? name}`.toLowerCase()
    context[key] = [...(context[key] ?? []), ...values]
  }
  return context
}

function invalid(reason: 'token.claimMissing' | 'token.malformed', message: string): Refusal {
  return new Refusal(reason, { said: { message } })
}
