import { type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRawSync } from 'node:zlib'
import * as namespaces from './namespaces.ts'
import type { IdentityProvider } from './read-metadata.ts'
import type { ServiceProvider } from './service-provider.ts'
import { escapeXml } from './xml-tree.ts'

const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const postBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'

const signInBackground = promisify(sign)

export type Asking = {
  /** The request's ID: the answer must name it. */
  id: string
  /** At most 80 bytes; comes back with the answer. */
  relayState: string
  issuedAtMs: number
  /** RSA; where the request is signed. */
  signWith?: KeyObject | undefined
}

/** Whether a browser can be sent there by redirect. */
export function takesRedirects({ singleSignOn }: IdentityProvider): boolean {
  return findEndpoint(singleSignOn) !== undefined
}

/**
 * Where a browser goes to sign in; undefined where the provider takes no requests by redirect.
 *
 * @see SAML Bindings, section 3.4.4.1 (DEFLATE, base64, URL); SAML Core, section 3.4.1
 */
export async function authnRequestUrl(
  { singleSignOn }: IdentityProvider,
  serviceProvider: ServiceProvider,
  asking: Asking,
): Promise<string | undefined> {
  const endpoint = findEndpoint(singleSignOn)
  if (endpoint === undefined) return undefined
  const request = deflateRawSync(authnRequest(endpoint, serviceProvider, asking)).toString('base64')
  const query = queryOf({ SAMLRequest: request, RelayState: asking.relayState })
  const url = new URL(endpoint)
  url.hash = ''
  // As it is signed, letter by letter: a parser that wrote it anew might escape other characters.
  url.search = [url.search.slice(1), await signed(query, asking.signWith)].filter(Boolean).join('&')
  return url.href
}

function authnRequest(
  endpoint: string,
  { entityId, acsUrl }: ServiceProvider,
  { id, issuedAtMs }: Asking,
): string {
  return [
    `<samlp:AuthnRequest xmlns:samlp="${namespaces.protocol}" ID="${escapeXml(id)}" Version="2.0"`,
    ` IssueInstant="${new Date(issuedAtMs).toISOString()}" Destination="${escapeXml(endpoint)}"`,
    ` AssertionConsumerServiceURL="${escapeXml(acsUrl)}" ProtocolBinding="${postBinding}">`,
    `<saml:Issuer xmlns:saml="${namespaces.assertion}">${escapeXml(entityId)}</saml:Issuer>`,
    `</samlp:AuthnRequest>`,
  ].join('')
}

/** The signature is over the query itself: SAMLRequest, RelayState and SigAlg, in this order and as they are escaped. */
async function signed(query: string, key: KeyObject | undefined): Promise<string> {
  if (key === undefined) return query
  const toBeSigned = `${query}&${queryOf({ SigAlg: rsaSha256 })}`
  const signature = await signInBackground('sha256', Buffer.from(toBeSigned), key)
  return `${toBeSigned}&${queryOf({ Signature: signature.toString('base64') })}`
}

function queryOf(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
}

/** Whoever wrote the metadata chose the address: nothing but a web page is opened. */
function findEndpoint(singleSignOn: IdentityProvider['singleSignOn']): string | undefined {
  const found = singleSignOn.find(({ binding, url }) => {
    const { protocol, hostname } = URL.parse(url) ?? {}
    const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname ?? '')
    return binding === redirectBinding && (protocol === 'https:' || (protocol === 'http:' && isLoopback))
  })
  return found?.url
}
