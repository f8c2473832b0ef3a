import { X509Certificate } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import { metadata, protocol, signature } from './namespaces.ts'
import { readSamlTime } from './saml-time.ts'
import { childrenOf, MalformedXml, readXml, type XmlElement } from './xml-tree.ts'

/** What an identity provider says of itself. */
export type IdentityProvider = {
  entityId: string
  /** After this its metadata are not to be believed any more, in milliseconds. */
  validUntilMs?: number
  /** PEM. Only their keys count: a self-signed certificate proves nothing by its dates. */
  signingCertificates: readonly string[]
  /** Where it takes requests, by binding; `https:` but in tests. */
  singleSignOn: readonly { binding: string; url: string }[]
  /** Whether it takes only requests that are signed. */
  wantsSignedRequests: boolean
}

/** @see NIST SP 800-131A */
const fewestBits = 2048

/**
 * Reads an identity provider's metadata. They are believed because an operator wrote them down; a signature on them is
 * not looked at.
 *
 * @throws {Refusal} entity.invalid, saying what is wrong
 * @see SAML Metadata, sections 2.3.2 and 2.4.3
 */
export function readMetadata(text: string): IdentityProvider {
  const root = read(text)
  if (root.namespace !== metadata || root.name !== 'EntityDescriptor') throw invalid('no EntityDescriptor')
  const entityId = root.attributes.get('entityID') ?? ''
  if (entityId === '' || entityId.length > 1024) throw invalid('no entityID')
  const [role, ...others] = childrenOf(root, metadata, 'IDPSSODescriptor').filter(speaksSaml2)
  if (role === undefined || others.length > 0) throw invalid('it must have one IDPSSODescriptor for SAML 2.0')
  const signingCertificates = childrenOf(role, metadata, 'KeyDescriptor')
    .filter(key => (key.attributes.get('use') ?? 'signing') === 'signing')
    .flatMap(certificatesIn)
  if (signingCertificates.length === 0) throw invalid('no X509Certificate to check signatures with')
  const validUntilMs = earliest([root, role])
  return {
    entityId,
    ...(validUntilMs === undefined ? {} : { validUntilMs }),
    signingCertificates,
    wantsSignedRequests: ['true', '1'].includes(role.attributes.get('WantAuthnRequestsSigned') ?? ''),
    singleSignOn: childrenOf(role, metadata, 'SingleSignOnService').map(service => ({
      binding: service.attributes.get('Binding') ?? '',
      url: service.attributes.get('Location') ?? '',
    })),
  }
}

function read(text: string): XmlElement {
  try {
    return readXml(text, { comments: 'skipped' })
  } catch (error) {
    if (error instanceof MalformedXml) throw invalid(error.message)
    throw error
  }
}

function speaksSaml2(role: XmlElement): boolean {
  return (role.attributes.get('protocolSupportEnumeration') ?? '').split(/\s+/).includes(protocol)
}

function certificatesIn(key: XmlElement): string[] {
  return childrenOf(key, signature, 'KeyInfo')
    .flatMap(info => childrenOf(info, signature, 'X509Data'))
    .flatMap(data => childrenOf(data, signature, 'X509Certificate'))
    .map(({ text }) => requireCertificate(text))
}

function requireCertificate(text: string): string {
  const certificate = parseCertificate(text)
  if (certificate === undefined) throw invalid('an X509Certificate is none')
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey
  if (type !== 'rsa' || (details?.modulusLength ?? 0) < fewestBits) {
    throw invalid(`the key of a certificate must be RSA of ${fewestBits} bits at least`)
  }
  return certificate.toString()
}

function parseCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(text, 'base64'))
  } catch {
    return undefined
  }
}

function earliest(elements: readonly XmlElement[]): number | undefined {
  const times = elements.flatMap(element => element.attributes.get('validUntil') ?? []).map(readSamlTime)
  if (times.includes(undefined)) throw invalid('validUntil is no time')
  return times.length === 0 ? undefined : Math.min(...times.map(Number))
}

function invalid(what: string): Refusal {
  return new Refusal('entity.invalid', { said: { message: `Could not parse metadata: ${what}` } })
}
