import { longestSubject } from '../base/federated-identity.ts'
import { Refusal } from '../base/refusal.ts'
import { assertion as namespace } from './namespaces.ts'
import { readSamlTime } from './saml-time.ts'
import type { ServiceProvider } from './service-provider.ts'
import { childrenOf, type XmlElement } from './xml-tree.ts'

/** An assertion that holds: it is by whom it should be, for us, and now. */
export type Assertion = {
  id: string
  issuer: string
  nameId: string
  nameIdFormat: string
  /** By name; in the order in which they came. */
  attributes: ReadonlyMap<string, readonly string[]>
  /** When it was issued. */
  issuedAtMs: number
  /** When the provider last had the person show who they are, where it says so. */
  authenticatedAtMs?: number
  /** When the person's session at the provider ends, where it says so. */
  sessionEndsAtMs?: number
}

export type Expected = {
  issuer: string
  serviceProvider: ServiceProvider
  nowMs: number
  inResponseTo?: InResponseTo | undefined
}

/** The request that a response must answer; null where it must answer none. Without it, either will do. */
export type InResponseTo = string | null

/** Clocks differ by so much; an assertion is taken for so long. @see AWS IAM User Guide, "Troubleshoot SAML federation" */
export const toleranceMs = 5 * 60_000
const longestText = 1_024
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'
const unwritable = /[\p{Cc}\p{Cs}]/u

/**
 * Holds a response to what must be so whoever signed what: its own envelope, which may be unsigned, is believed
 * in nothing that would help.
 *
 * @throws {Refusal} token.rejected | token.malformed | token.audienceWrong
 * @see SAML Core, section 3.2.2; SAML Bindings, section 3.5.5.2
 */
export function requireEnvelope(response: XmlElement, expected: Expected): void {
  requireVersion(response)
  const destination = response.attributes.get('Destination')
  if (destination !== undefined && destination !== expected.serviceProvider.acsUrl) {
    throw audienceWrong('Destination', destination)
  }
  const [issuer] = childrenOf(response, namespace, 'Issuer')
  if (issuer !== undefined) requireIssuer(issuer, expected)
  if (response.attributes.has('InResponseTo')) requireAnswer(response, expected)
}

/**
 * Reads a signed assertion of the Web Browser SSO Profile.
 *
 * @throws {Refusal} token.*
 * @see SAML Core, section 2.3.3; SAML Profiles, section 4.1.4
 */
export function readAssertion(element: XmlElement, expected: Expected): Assertion {
  requireVersion(element)
  const id = element.attributes.get('ID') ?? ''
  if (id === '' || id.length > longestText) throw malformed('no ID')
  requireIssuer(only(element, 'Issuer'), expected)
  const subject = only(element, 'Subject')
  refuseEncrypted(subject, 'EncryptedID')
  const nameId = only(subject, 'NameID')
  const issuedAtMs = requireTime(element, 'IssueInstant')
  requireFresh(issuedAtMs, expected.nowMs)
  requireConfirmation(subject, expected)
  requireConditions(only(element, 'Conditions'), expected)
  const sessionEndsAtMs = requireSession(element, expected.nowMs)
  const authenticatedAtMs = latestTime(element, 'AuthnInstant')
  return {
    id,
    issuer: expected.issuer,
    nameId: requireSubject(nameId),
    nameIdFormat: nameId.attributes.get('Format') ?? unspecified,
    attributes: attributesOf(element),
    issuedAtMs,
    ...(authenticatedAtMs === undefined ? {} : { authenticatedAtMs }),
    ...(sessionEndsAtMs === undefined ? {} : { sessionEndsAtMs }),
  }
}

function requireVersion(element: XmlElement): void {
  if (element.attributes.get('Version') !== '2.0') throw malformed('not SAML 2.0')
}

function requireIssuer(element: XmlElement, { issuer }: Expected): void {
  const text = requireText(element)
  if (text !== issuer)
    throw new Refusal('token.issuerUnknown', said('Issuer not present in specified provider', text))
}

/** Whoever holds it may show it: to us, for a while. */
function requireConfirmation(subject: XmlElement, expected: Expected): void {
  const { serviceProvider, nowMs, inResponseTo } = expected
  const confirmed = childrenOf(subject, namespace, 'SubjectConfirmation')
    .filter(confirmation => confirmation.attributes.get('Method') === bearer)
    .flatMap(confirmation => childrenOf(confirmation, namespace, 'SubjectConfirmationData'))
  if (confirmed.length === 0) throw malformed('no bearer confirmation')
  const ours = confirmed.filter(data => data.attributes.get('Recipient') === serviceProvider.acsUrl)
  const [data] = ours
  if (data === undefined)
    throw audienceWrong('Recipient', confirmed[0]?.attributes.get('Recipient') ?? 'none')
  for (const one of inResponseTo === null ? confirmed : [data]) requireAnswer(one, expected)
  // SAML Profiles, section 4.1.4.2: it must say how long, and it must not be for later.
  if (!data.attributes.has('NotOnOrAfter')) throw malformed('a confirmation without NotOnOrAfter')
  requireWithin(data, nowMs)
}

/** An answer to somebody else's request is somebody else's. */
function requireAnswer(element: XmlElement, { inResponseTo }: Expected): void {
  if (inResponseTo === undefined || (element.attributes.get('InResponseTo') ?? null) === inResponseTo) return
  throw new Refusal('token.rejected', { detail: 'it answers another request' })
}

const understood = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction']

/** A condition that is not understood might be the one that does not hold. @see SAML Core, section 2.5.1 */
function requireConditions(conditions: XmlElement, { serviceProvider, nowMs }: Expected): void {
  requireWithin(conditions, nowMs)
  const strange = conditions.children.find(
    ({ namespace: where, name }) => where !== namespace || !understood.includes(name),
  )
  if (strange !== undefined) throw malformed(`the condition ${strange.name} is not understood`)
  const restrictions = childrenOf(conditions, namespace, 'AudienceRestriction')
  if (restrictions.length === 0) throw audienceWrong('Audience', 'none')
  for (const restriction of restrictions) {
    const audiences = childrenOf(restriction, namespace, 'Audience').map(requireText)
    if (!audiences.includes(serviceProvider.entityId)) throw audienceWrong('Audience', audiences.join(', '))
  }
}

function requireSession(element: XmlElement, nowMs: number): number | undefined {
  const statements = childrenOf(element, namespace, 'AuthnStatement')
  if (statements.length === 0) throw malformed('no AuthnStatement')
  const ends = statements
    .filter(statement => statement.attributes.has('SessionNotOnOrAfter'))
    .map(statement => requireTime(statement, 'SessionNotOnOrAfter'))
  if (ends.length === 0) return undefined
  const end = Math.min(...ends)
  if (end <= nowMs) throw expired()
  return end
}

function latestTime(element: XmlElement, name: string): number | undefined {
  const times = childrenOf(element, namespace, 'AuthnStatement')
    .filter(statement => statement.attributes.has(name))
    .map(statement => requireTime(statement, name))
  return times.length === 0 ? undefined : Math.max(...times)
}

function requireFresh(issuedAtMs: number, nowMs: number): void {
  if (issuedAtMs - toleranceMs > nowMs) throw notYetValid()
  if (issuedAtMs + toleranceMs <= nowMs) throw expired()
}

function requireWithin(element: XmlElement, nowMs: number): void {
  if (element.attributes.has('NotBefore') && requireTime(element, 'NotBefore') - toleranceMs > nowMs) {
    throw notYetValid()
  }
  if (element.attributes.has('NotOnOrAfter') && requireTime(element, 'NotOnOrAfter') + toleranceMs <= nowMs) {
    throw expired()
  }
}

function attributesOf(element: XmlElement): Map<string, string[]> {
  const attributes = new Map<string, string[]>()
  const statements = childrenOf(element, namespace, 'AttributeStatement')
  for (const statement of statements) refuseEncrypted(statement, 'EncryptedAttribute')
  const all = statements.flatMap(statement => childrenOf(statement, namespace, 'Attribute'))
  for (const attribute of all) {
    const name = attribute.attributes.get('Name') ?? ''
    // What has elements inside is no value that could be compared with anything.
    const values = childrenOf(attribute, namespace, 'AttributeValue')
      .filter(({ children }) => children.length === 0)
      .map(({ text }) => text.trim())
    if (name === '' || unwritable.test(name)) throw malformed('an attribute without a name')
    if (values.length > 0) attributes.set(name, [...(attributes.get(name) ?? []), ...values])
  }
  return attributes
}

/** Whole assertions are opened, parts are not; what were left out could satisfy a negated condition. */
function refuseEncrypted(element: XmlElement, name: string): void {
  if (childrenOf(element, namespace, name).length > 0) {
    throw malformed(`${name} is not read: the whole assertion may be encrypted`)
  }
}

function only(element: XmlElement, name: string): XmlElement {
  const [found, ...others] = childrenOf(element, namespace, name)
  if (found === undefined || others.length > 0) throw malformed(`it must have one ${name}`)
  return found
}

function requireText({ name, text, children }: XmlElement): string {
  const trimmed = text.trim()
  const isPlain = children.length === 0 && trimmed !== '' && trimmed.length <= longestText
  if (!isPlain || unwritable.test(trimmed)) throw malformed(`${name} is no text`)
  return trimmed
}

function requireSubject(nameId: XmlElement): string {
  const text = requireText(nameId)
  if (Buffer.byteLength(text) > longestSubject) throw malformed('NameID is too long')
  return text
}

function requireTime(element: XmlElement, attribute: string): number {
  const ms = readSamlTime(element.attributes.get(attribute) ?? '')
  if (ms === undefined) throw malformed(`${attribute} is no time`)
  return ms
}

function expired(): Refusal {
  return new Refusal('token.expired', said('Token must be redeemed within 5 minutes of issuance'))
}

function notYetValid(): Refusal {
  return new Refusal('token.notYetValid', said('The SAML response is not valid yet'))
}

function audienceWrong(what: string, found: string): Refusal {
  return new Refusal(
    'token.audienceWrong',
    said('Response does not contain the required audience', `${what} is ${found}`),
  )
}

function malformed(detail: string): Refusal {
  return new Refusal('token.malformed', said('The SAML response is not valid', detail))
}

function said(message: string, detail?: string) {
  return { said: { message }, ...(detail === undefined ? {} : { detail }) }
}
