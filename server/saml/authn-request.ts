import { type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRawSync } from 'node:zlib'
import * as namespaces from './namespaces.ts'
import type { IdentityProvider } from './read-metadata.ts'
import type { RequestKey, ServiceProvider } from './service-provider.ts'
import { signRequest } from './sign-request.ts'
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
  /** Whether the provider must ask anew who it is. @see SAML Core, section 3.4.1, ForceAuthn */
  anew?: boolean
  /** Where the request is signed. */
  signWith?: RequestKey | undefined
}

/** How a browser gets to a provider: by an address, or by a form that it posts there. */
export type Departure = { url: string } | { action: string; fields: Readonly<Record<string, string>> }

/** Whether a browser can be sent there with a request. */
export function takesRequests({ singleSignOn }: IdentityProvider): boolean {
  return findEndpoint(singleSignOn, redirectBinding, postBinding) !== undefined
}

/**
 * The way to a provider that is asked to sign somebody in: by redirect where it takes those. Undefined where it takes
 * no requests from browsers.
 */
export async function createAuthnRequest(
  { singleSignOn }: IdentityProvider,
  serviceProvider: ServiceProvider,
  asking: Asking,
): Promise<Departure | undefined> {
  const redirected = findEndpoint(singleSignOn, redirectBinding)
  if (redirected !== undefined) {
    return { url: await redirectTo(redirected, authnRequest(redirected, serviceProvider, asking), asking) }
  }
  const action = findEndpoint(singleSignOn, postBinding)
  if (action === undefined) return undefined
  const request = authnRequest(action, serviceProvider, asking)
  return { action, fields: await formOf(request, asking) }
}

/** @see SAML Bindings, section 3.4.4.1 (DEFLATE, base64, URL) */
async function redirectTo(
  endpoint: string,
  request: string,
  { relayState, signWith }: Asking,
): Promise<string> {
  const packed = deflateRawSync(request).toString('base64')
  const query = queryOf({ SAMLRequest: packed, RelayState: relayState })
  const url = new URL(endpoint)
  url.hash = ''
  // As it is signed, letter by letter: a parser that wrote it anew might escape other characters.
  url.search = [url.search.slice(1), await signed(query, signWith?.privateKey)].filter(Boolean).join('&')
  return url.href
}

/** @see SAML Bindings, section 3.5.4 */
async function formOf(request: string, { relayState, signWith }: Asking) {
  const sent = signWith === undefined ? request : await signRequest(request, signWith)
  return { SAMLRequest: Buffer.from(sent).toString('base64'), RelayState: relayState }
}

/** @see SAML Core, section 3.4.1 */
function authnRequest(
  endpoint: string,
  { entityId, acsUrl }: ServiceProvider,
  { id, issuedAtMs, anew = false }: Asking,
): string {
  return [
    `<samlp:AuthnRequest xmlns:samlp="${namespaces.protocol}" ID="${escapeXml(id)}" Version="2.0"`,
    ` IssueInstant="${new Date(issuedAtMs).toISOString()}" Destination="${escapeXml(endpoint)}"`,
    anew ? ' ForceAuthn="true"' : '',
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
function findEndpoint(
  singleSignOn: IdentityProvider['singleSignOn'],
  ...bindings: readonly string[]
): string | undefined {
  const found = singleSignOn.find(({ binding, url }) => {
    const { protocol, hostname } = URL.parse(url) ?? {}
    const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname ?? '')
    return bindings.includes(binding) && (protocol === 'https:' || (protocol === 'http:' && isLoopback))
  })
  return found?.url
}
