import { deflateRawSync } from 'node:zlib'
import * as namespaces from './namespaces.ts'
import type { IdentityProvider } from './read-metadata.ts'
import type { ServiceProvider } from './service-provider.ts'
import { escapeXml } from './xml-tree.ts'

const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const postBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

export type Asking = {
  /** The request's ID: the answer must name it. */
  id: string
  /** At most 80 bytes; comes back with the answer. */
  relayState: string
  issuedAtMs: number
  /** Whether the provider must ask anew who it is. @see SAML Core, section 3.4.1, ForceAuthn */
  anew?: boolean
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
export function authnRequestUrl(
  { singleSignOn }: IdentityProvider,
  { entityId, acsUrl }: ServiceProvider,
  { id, relayState, issuedAtMs, anew = false }: Asking,
): string | undefined {
  const endpoint = findEndpoint(singleSignOn)
  if (endpoint === undefined) return undefined
  const url = new URL(endpoint)
  const request = [
    `<samlp:AuthnRequest xmlns:samlp="${namespaces.protocol}" ID="${escapeXml(id)}" Version="2.0"`,
    ` IssueInstant="${new Date(issuedAtMs).toISOString()}" Destination="${escapeXml(endpoint)}"`,
    anew ? ' ForceAuthn="true"' : '',
    ` AssertionConsumerServiceURL="${escapeXml(acsUrl)}" ProtocolBinding="${postBinding}">`,
    `<saml:Issuer xmlns:saml="${namespaces.assertion}">${escapeXml(entityId)}</saml:Issuer>`,
    `</samlp:AuthnRequest>`,
  ].join('')
  url.searchParams.set('SAMLRequest', deflateRawSync(request).toString('base64'))
  url.searchParams.set('RelayState', relayState)
  return url.href
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
